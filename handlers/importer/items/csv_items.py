"""Items from the rows of CSV and TSV files: the hot path of most imports."""

import json
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring_ascii as quoted

from handlers.importer.errors import FileError, Reject, RowError
from handlers.importer.items.numbers import number, written_as_numbers
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import (
    ROWS_AT_ONCE,
    SURELY_SHORT,
    Item,
    Schema,
    boolean,
    check_sizes,
    joined,
    key_value,
)
from handlers.importer.items.transform import Transform

Row = list[str]
_Source = tuple[int, Row]
_Made = tuple[Iterable[str], Iterable[Hashable]]
"""The items' DynamoDB JSON, and their keys."""

_PARTS = 8
"""Into how many parts rows are parted of which some are bad."""
_CONVERSIONS: dict[str, tuple[Callable[[Sequence[str]], bool], Callable[[str], str]]] = {
    "N": (written_as_numbers, number),
    "BOOL": (frozenset(("true", "false")).issuperset, boolean),
}
"""Type -> what tells that cells are written as JSON has them, which most are, and what makes one so."""


class CsvItems:
    """Items from the rows under one header."""

    def __init__(self, header: Sequence[str], schema: Schema, transform: Transform | None = None) -> None:
        """Prepares for one file.

        Raises:
            FileError: no row under this header could be an item.
        """
        _check(header, schema, transform)
        self._header = list(header)
        self._objects = ObjectItems(schema, transform, typed_columns=True)
        self._made = self._transformed if transform else _Columns(self._header, schema).items
        self._rows_at_once = 1 if transform else ROWS_AT_ONCE

    def items(
        self, rows: Sequence[Row], lines: Sequence[int], plain: bool, reject: Callable[[Reject], None]
    ) -> list[Item]:
        """The items of some rows; an empty row, which is what a blank line is, is none.

        Args:
            rows: the cells of each.
            lines: where each begins.
            plain: no cell holds a character that JSON escapes.
            reject: is called with each row that cannot be an item.
        """
        sources = [source for source in zip(lines, rows, strict=True) if source[1]]
        items: list[Item] = []
        for start in range(0, len(sources), self._rows_at_once):
            items += self._good(sources[start : start + self._rows_at_once], plain, reject)
        return items

    def rejected(self, source: _Source, reason: str) -> Reject:
        """The reject of a row: its cells by column, or in a list where they do not fit the header."""
        line, cells = source
        row = dict(zip(self._header, cells, strict=True)) if len(cells) == len(self._header) else cells
        return Reject(line, reason, json.dumps(row))

    def _good(self, sources: Sequence[_Source], plain: bool, reject: Callable[[Reject], None]) -> Iterator[Item]:
        """The items of rows of which some may be bad: those are found by trying ever smaller parts."""
        try:
            texts, keys = self._checked([row for _, row in sources], plain)
        except RowError as error:
            if len(sources) == 1:
                reject(self.rejected(sources[0], str(error)))
            else:
                size = math.ceil(len(sources) / _PARTS)
                for start in range(0, len(sources), size):
                    yield from self._good(sources[start : start + size], plain, reject)
        else:
            yield from zip(texts, keys, sources, strict=True)

    def _checked(self, rows: Sequence[Row], plain: bool) -> _Made:
        if odd := set(map(len, rows)) - {len(self._header)}:
            raise RowError(f"has {odd.pop()} cells, the header has {len(self._header)}")
        return self._made(rows, plain)

    def _transformed(self, rows: Sequence[Row], _plain: bool) -> _Made:
        objects = [{name: cell for name, cell in zip(self._header, row, strict=True) if cell} for row in rows]
        texts, keys = zip(*map(self._objects.item, objects), strict=True)
        return texts, keys


class _Columns:
    """Makes rows items column by column: what Python does with a whole column, it does in C.

    An empty cell is no attribute. The partition key, which no item lacks, comes first, so that each of the other
    attributes can bring the comma before it.
    """

    def __init__(self, header: Sequence[str], schema: Schema) -> None:
        self._schema = schema
        self._keys = [(name, header.index(name)) for name in schema.keys]
        partition = self._keys[0][1]
        order = [partition, *(i for i in range(len(header)) if i != partition)]
        self._columns = [(i, _Column(header[i], schema.type_of(header[i]), first=i == partition)) for i in order]

    def items(self, rows: Sequence[Row], plain: bool) -> _Made:
        """The items of rows, which have as many cells as the header.

        Raises:
            RowError: one of them cannot be an item.
        """
        cells = list(zip(*rows, strict=True))
        keys = [self._key_values(name, cells[i]) for name, i in self._keys]
        texts = joined(self._members(cells, plain))
        check_sizes(texts)
        return texts, keys[0] if len(keys) == 1 else zip(*keys, strict=True)

    def _key_values(self, name: str, cells: Sequence[str]) -> Sequence[str]:
        lengths = set(map(len, cells))
        if self._schema.type_of(name) == "S" and 0 < min(lengths) <= max(lengths) <= SURELY_SHORT:
            return cells
        return [key_value(self._schema, name, cell) for cell in cells]

    def _members(self, cells: Sequence[Sequence[str]], plain: bool) -> Iterator[tuple[str, Iterable[str], str]]:
        """See `joined`; a value is empty together with what is around it, where some of a column's cells are."""
        for i, column in self._columns:
            opening, closing = column.around(plain)
            if "" not in cells[i]:
                yield opening, column.values(cells[i], plain), closing
            elif any(cells[i]):
                values = iter(column.values(list(filter(None, cells[i])), plain))
                yield "", [opening + next(values) + closing if cell else "" for cell in cells[i]], ""


class _Column:
    """How the cells of one column become values."""

    __slots__ = ("_kind", "_name", "_opening")

    def __init__(self, name: str, kind: str, *, first: bool) -> None:
        self._name = name
        self._kind = kind
        self._opening = f'{"{" if first else ","}{quoted(name)}:{{"{kind}":'

    def around(self, plain: bool) -> tuple[str, str]:
        """What stands before and after a value; see `values`."""
        if self._kind == "BOOL" or (self._kind == "S" and not plain):
            return self._opening, "}"
        return self._opening + '"', '"}'

    def values(self, cells: Sequence[str], plain: bool) -> Iterable[str]:
        """The values of cells that are not empty, as they stand between what is `around` them.

        Raises:
            RowError: a cell does not have the column's type.
        """
        if self._kind == "S":
            return cells if plain else map(quoted, cells)
        are_written_so, convert = _CONVERSIONS[self._kind]
        if are_written_so(cells):
            return cells
        try:
            return list(map(convert, cells))
        except RowError as error:
            raise RowError(f"{self._name}: {error}") from None


def _check(header: Sequence[str], schema: Schema, transform: Transform | None) -> None:
    seen: set[str] = set()
    for position, name in enumerate(header, 1):
        if not name:
            raise FileError(f"the header has no name for column {position}")
        if name in seen:
            raise FileError(f"the header names two columns {name!r}")
        seen.add(name)
    missing = [name for name in schema.keys if name not in seen]
    if missing and not transform:
        raise FileError(f"the header has no column {missing[0]!r}, which is a key of the table")
