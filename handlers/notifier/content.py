"""What a mail says: the values that fill its template, made safe for a header, for a text and for HTML.

Each value goes out twice, as `name` for the subject and the text and as `nameHtml` for the HTML: SES puts values into
templates as they are. It accepts a mail that lacks a variable and never delivers it, so the program holds templates and
rules together before it deploys them.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from handlers.shared.inert import inert

NAMELESS = "there"
"""In the place of a name: "Hello there"."""

_LONGEST_VALUE = 100
_LONGEST_READ = 1000  # no more of a value is looked at: an item may hold 400 KB of it
_MOST_CHANGES = 20
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s_.-]+")


def data(name: str, changes: str, values: Sequence[tuple[str, str]] = ()) -> str:
    """Returns the template data of a mail, as JSON: each variable, and beside it the one for HTML.

    Args:
        name: A cleaned name; `""` for somebody without.
        changes: What `spoken` returned.
        values: Further variables with their cleaned values.
    """
    further = "".join([f",{_pair(variable, value)}" for variable, value in values]) if values else ""
    return f"{{{_pair('name', name or NAMELESS)},{_changes(changes)}{further}}}"


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


def spoken(attributes: Sequence[str], address_attribute: str) -> str:
    """Returns attributes as people name them: `("email", "firstName")` becomes "e-mail address and first name".

    Of more than twenty the rest are "others". None at all is `""`.
    """
    words = ["e-mail address" if name == address_attribute else _words(name) for name in attributes[:_MOST_CHANGES]]
    if len(attributes) > _MOST_CHANGES:
        words.append("others")
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _words(attribute: str) -> str:
    return cleaned(_WORD_BREAK.sub(" ", attribute).lower()) or cleaned(attribute)


def _pair(variable: str, value: str) -> str:
    return f'"{variable}":{quoted(value)},"{variable}Html":{quoted(escaped(value))}'


@lru_cache(maxsize=100)  # a batch changes few different sets of attributes
def _changes(changes: str) -> str:
    return _pair("changes", changes)
