"""Similar JSON lines: one pattern, made from the first line, parses a whole block.

This saves 28 % of an import of such lines. `test_lines_become_what_they_become_one_by_one` compares with single lines.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import WRITTEN_AS_JSON
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.plain_values import Written
from handlers.importer.items.rules import Item
from handlers.importer.reading.json_text import Source, decode

_SPECIAL = bytes([*range(0x0A), *range(0x0B, 0x20), ord("\\")])
"""What is invalid in JSON strings, except newlines, or begins an escape; its tabs and CRs elsewhere are rare enough."""
_LONGEST = 4096
"""The most characters of a line to make a pattern from, which takes time in proportion."""
_FEWEST_LINES = 16
"""With fewer, making a pattern takes longer than reading them."""
_MISSES = 8
_MEMBER = re.compile(r'([{, ]*"([^"]*)" *: *)("[^"]*"|-?[0-9][-+.0-9eE]*|true|false|null)([ }]*)')

_NUMBER = Written.Number, f"({WRITTEN_AS_JSON})"
_KINDS: Mapping[str, tuple[type, str]] = {
    '"': (Written.String, '"([^"]*+)"'),
    "t": (Written.Boolean, "(true|false)"),
    "f": (Written.Boolean, "(true|false)"),
    "n": (Written.Null, "(null)"),
}
"""First character of a value -> its type and pattern; others are numbers."""


class _Pattern(NamedTuple):
    rows: Callable[[str], list[Any]]
    kinds: Mapping[str, type]


class AlikeLines:
    """Parses the blocks of one file; gives up after eight misses in a row, so that mixed lines lose nothing.

    A new pattern is a miss too, until it serves a second block.
    """

    def __init__(self, objects: ObjectItems) -> None:
        self._objects = objects
        self._misses = 0
        self._pattern: _Pattern | None = None

    def items(self, text: str, data: bytes, first: int) -> list[Item] | None:
        """The items of all lines of a block; None if the lines have to be read singly.

        `data` is the text in UTF-8, `first` the number of its first line.
        """
        if self._misses >= _MISSES:
            return None
        self._misses += 1
        if len(data.translate(None, _SPECIAL)) < len(data):
            return None
        lines = text.split("\n")
        if lines[-1]:
            text += "\n"
        else:
            lines.pop()
        if len(lines) < _FEWEST_LINES:
            return None
        sources = list(enumerate(lines, first))
        if self._pattern and (items := self._made(self._pattern, text, sources)):
            self._misses = 0
            return items
        self._pattern = _pattern_of(lines[0])
        return self._made(self._pattern, text, sources) if self._pattern else None

    def _made(self, pattern: _Pattern, text: str, sources: Sequence[Source]) -> list[Item] | None:
        # A match is from the start of a line to a newline. As many as there are newlines leave none within a string.
        rows = pattern.rows(text)
        if len(rows) < len(sources):
            return None
        columns: dict[str, Sequence[str]] = dict(zip(pattern.kinds, zip(*rows, strict=True), strict=True))
        made = self._objects.items_as_written(columns, {name: {kind} for name, kind in pattern.kinds.items()})
        return list(zip(*made, sources, strict=True)) if made else None


def _pattern_of(line: str) -> _Pattern | None:
    """The pattern of lines that differ only in their values, which are of the same types."""
    members: list[tuple[str, str, str, str]] = _MEMBER.findall(line) if len(line) <= _LONGEST else []
    if len(members) < 2 or "".join([before + value + after for before, _, value, after in members]) != line:
        return None
    try:
        row = decode(line)
    except RowError:
        return None
    if type(row) is not dict or len(row) < len(members):  # a repeated name
        return None
    kinds = [_KINDS.get(value[0], _NUMBER) for _, _, value, _ in members]
    parts = [
        re.escape(before) + pattern + re.escape(after)
        for (before, _, _, after), (_, pattern) in zip(members, kinds, strict=True)
    ]
    rows = re.compile(f"^{''.join(parts)}\n", re.MULTILINE).findall
    return _Pattern(rows, {name: kind for name, (kind, _) in zip(row, kinds, strict=True)})
