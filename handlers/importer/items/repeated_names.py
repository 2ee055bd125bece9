"""Detects repeated names in an object of a JSON text: a parser silently keeps the last value.

A hook for each object would cost more than the rest of the reading. Instead, strings are counted: a text has more than
were read from it if and only if a value was dropped with its name.
"""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

_WITH_STRINGS = {str, dict, list}
_escapes = re.compile(r"\\.", re.DOTALL).findall


def strings(values: Iterable[Any]) -> int:
    """The number of strings in JSON values, including names; level by level, so that C does most of it."""
    count = 0
    level = list(values)
    while level:
        kinds = list(map(type, level))
        count += kinds.count(str)
        below: list[Iterable[Any]] = []
        if dict in kinds:
            objects = [value for value in level if type(value) is dict]
            count += sum(map(len, objects))
            below += map(dict.values, objects)
        if list in kinds:
            below += [value for value in level if type(value) is list]
        level = list(chain.from_iterable(below))
    return count


def column_strings(values: Sequence[Any], kinds: set[type]) -> int:
    """The same for a member's values in many objects, which have these types."""
    if kinds == {str}:
        return len(values)
    return 0 if kinds.isdisjoint(_WITH_STRINGS) else strings(values)


def are_all(text: str, count: int) -> bool:
    """Whether a text has only this many strings."""
    quotes = text.count('"')
    # Escaped quotes are counted only if there are more quotes than those around so many strings.
    return quotes == 2 * count or quotes - ("\\" in text and _escapes(text).count('\\"')) == 2 * count


def repeated_name(text: str) -> str:
    """A repeated name in an object of a text; empty if none is found."""
    repeated: list[str] = []

    def look(members: list[tuple[str, Any]]) -> None:
        names: set[str] = set()
        for name, _ in members:
            if name in names:
                repeated.append(name)
            names.add(name)

    with suppress(ValueError, RecursionError):
        json.JSONDecoder(object_pairs_hook=look, parse_int=str).decode(text)
    return repeated[0] if repeated else ""
