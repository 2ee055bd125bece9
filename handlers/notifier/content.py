"""What a mail says: the values that fill its template, made safe for a header, for a text and for HTML.

Each value goes out twice, as `name` for the subject and the text and as `nameHtml` for the HTML: SES puts values into
templates as they are. It accepts a mail that lacks a variable and never delivers it, so a test holds the names here and
those in `infra/templates` together.
"""

import re
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quoted

from handlers.notifier.environment import ADDRESS_ATTRIBUTE
from handlers.shared.inert import inert

NAMELESS = "there"
"""In the place of a name: "Hello there"."""

_LONGEST_VALUE = 100
_LONGEST_READ = 1000  # no more of a value is looked at: an item may hold 400 KB of it
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s_.-]+")


def welcome(name: str) -> str:
    """Returns the template data, as JSON, of a welcome to somebody whose name may be anything."""
    return _data(name=name or NAMELESS)


def profile_changed(name: str, changes: str) -> str:
    """Returns the template data of a note on a changed profile; `changes` is what `spoken` returned."""
    return _data(name=name or NAMELESS, changes=changes)


def cleaned(value: str) -> str:
    """Returns a value that fits on one line of a header: 100 characters, inert; `""` where it shows nothing."""
    value = inert(value[:_LONGEST_READ])
    return value if len(value) <= _LONGEST_VALUE else inert(value[: _LONGEST_VALUE - 1]) + "…"


def escaped(value: str) -> str:
    """Returns a value as it may stand in HTML, in text and in quoted attributes."""
    return (
        value.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
    )


def spoken(attributes: Sequence[str]) -> str:
    """Returns attributes as people name them: `("email", "firstName")` becomes "e-mail address and first name"."""
    *others, last = [_spoken(attribute) for attribute in attributes]
    return f"{', '.join(others)} and {last}" if others else last


def _spoken(attribute: str) -> str:
    if attribute == ADDRESS_ATTRIBUTE:
        return "e-mail address"
    return cleaned(_WORD_BREAK.sub(" ", attribute).lower()) or cleaned(attribute)


def _data(**values: str) -> str:
    pairs = [f'"{name}":{quoted(value)},"{name}Html":{quoted(escaped(value))}' for name, value in values.items()]
    return "{" + ",".join(pairs) + "}"
