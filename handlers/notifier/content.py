"""The values that fill a mail's template, made safe for headers, text and HTML.

Each value is sent twice, as `name` for the subject and the text and as `nameHtml` for the HTML, because SES inserts
values unescaped. SES accepts a mail that lacks a variable and never delivers it, so the program compares templates with
rules before it deploys them.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from handlers.shared.inert import inert

NAMELESS = "there"
"""Replaces a missing name: "Hello there"."""

_LONGEST_VALUE = 100
_LONGEST_READ = 1000  # characters of a value that are read: an item may hold 400 KB
_MOST_CHANGES = 20
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s_.-]+")


def data(name: str, changes: str, values: Sequence[tuple[str, str]] = ()) -> str:
    """Returns the template data of a mail as JSON: each variable, followed by its form for HTML.

    Args:
        name: A cleaned name; `""` if there is none.
        changes: As `spoken` returns them.
        values: More variables with their cleaned values.
    """
    further = "".join([f",{_pair(variable, value)}" for variable, value in values]) if values else ""
    return f"{{{_pair('name', name or NAMELESS)},{_changes(changes)}{further}}}"


def cleaned(value: str) -> str:
    """Returns a value for one line of a header: inert, at most 100 characters; `""` if nothing of it is visible."""
    value = inert(value[:_LONGEST_READ])
    return value if len(value) <= _LONGEST_VALUE else inert(value[: _LONGEST_VALUE - 1]) + "…"


def escaped(value: str) -> str:
    """Returns a value escaped for HTML, in text and in quoted attributes."""
    return (
        value.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
    )


def spoken(attributes: Sequence[str], address_attribute: str) -> str:
    """Returns attributes as people name them: `("email", "firstName")` becomes "e-mail address and first name".

    After twenty, the rest are "others". No attributes give `""`.
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
