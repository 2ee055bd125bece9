"""Items from rows of CSV and TSV files: the hot path of most imports."""

import json
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from json.encoder import encode_basestring_ascii as quoted

from handlers.importer.errors import Reject, RowError
from handlers.importer.items.csv_names import attributes_of, check_keys
from handlers.importer.items.numbers import canonical, number, written_as_numbers
from handlers.importer.items.rules import (
    BLANKS,
    BOOLEANS,
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

_ROWS_AT_ONCE = 256
"""About a block's rows: 0.96 of an import's CPU time with 64, but 1.04 if 1 % of the rows are bad."""
_PARTS = 8
"""Number of parts into which rows with bad ones among them are divided."""
_MARK = "\ufeff"


class CsvItems:
    """Items from the rows under one header.

    - An empty last cell beyond the header is ignored: the line ends with a delimiter.
    - A row that repeats the header, as in concatenated files, is skipped; a byte order mark may precede it. So is a row
      of empty or blank cells, as spreadsheets write them. A blank line is not a row.
    - An empty cell, or one that means no value, becomes no attribute.
    """

    def __init__(
        self,
        header: Sequence[str],
        schema: Schema,
        transform: Transform | None = None,
        *,
        cells: Sequence[str] = (),
        quote: str = '"',
        nulls: Sequence[str] = (),
        booleans: Sequence[tuple[str, bool]] = (),
    ) -> None:
        """Prepares for one file.

        Args:
            header: the names of the columns in files.
            schema: the keys and the columns' types.
            transform: is called with each row.
            cells: the header as written in the file.
            quote: the file's quote.
            nulls: cells that mean no value.
            booleans: the cells of type BOOL, and their meanings.

        Raises:
            FileError: no row under this header could be an item.
        """
        attributes = attributes_of(header, schema)
        if not transform:
            check_keys(header, attributes, schema)
        schema = schema._replace(names=dict(zip(header, attributes, strict=True)) if schema.names else {})
        self._header = list(header)
        self._repetitions = list(_repetitions(cells or header, quote))
        self._nulls = frozenset(nulls)
        meanings = {text.strip(" \t").lower(): meaning for text, meaning in booleans} or BOOLEANS
        self._made = (
            _transformed(attributes, schema, transform, meanings)
            if transform
            else _Columns(attributes, schema, self._repetitions, meanings).items
        )
        self._rows_at_once = 1 if transform else _ROWS_AT_ONCE

    def items(
        self, rows: Sequence[Row], lines: Sequence[int], plain: bool, reject: Callable[[Reject], None]
    ) -> tuple[list[Item], int]:
        """The items of some rows, and the number of rows skipped, blank lines not counted.

        Args:
            rows: the cells of each.
            lines: where each begins.
            plain: no cell holds a character that JSON escapes.
            reject: is called with each row that cannot be an item.
        """
        sources = [source for source in zip(lines, rows, strict=True) if source[1]]
        items: list[Item] = []
        skipped: list[_Source] = []
        for start in range(0, len(sources), self._rows_at_once):
            items += self._good(sources[start : start + self._rows_at_once], plain, reject, skipped.append)
        return items, len(skipped)

    def rejected(self, source: _Source, reason: str) -> Reject:
        """The reject of a row: its cells by column, or as a list if they do not fit the header."""
        line, cells = source
        cells = self._fitted(cells)
        row = dict(zip(self._header, cells, strict=True)) if len(cells) == len(self._header) else cells
        return Reject(line, reason, json.dumps(row))

    def _good(
        self,
        sources: Sequence[_Source],
        plain: bool,
        reject: Callable[[Reject], None],
        skip: Callable[[_Source], None],
    ) -> Iterator[Item]:
        """The items of rows of which some may be bad, which are found by trying ever smaller parts."""
        if len(sources) == 1 and self._is_skipped(sources[0][1]):
            skip(sources[0])
            return
        try:
            texts, keys = self._checked([row for _, row in sources], plain)
        except RowError as error:
            if len(sources) == 1:
                reject(self.rejected(sources[0], str(error)))
            else:
                size = math.ceil(len(sources) / _PARTS)
                for start in range(0, len(sources), size):
                    yield from self._good(sources[start : start + size], plain, reject, skip)
        else:
            yield from zip(texts, keys, sources, strict=True)

    def _is_skipped(self, row: Row) -> bool:
        return row in self._repetitions or not any(cell.strip(BLANKS) for cell in row)

    def _fitted(self, row: Row) -> Row:
        """The row without an empty cell beyond the header."""
        return row[:-1] if len(row) == len(self._header) + 1 and not row[-1] else row

    def _checked(self, rows: Sequence[Row], plain: bool) -> _Made:
        width = len(self._header)
        if set(map(len, rows)) != {width}:
            rows = list(map(self._fitted, rows))
            if odd := set(map(len, rows)) - {width}:
                raise RowError(f"has {odd.pop()} cells, the header has {width}")
        if self._nulls:
            rows = [["" if cell in self._nulls else cell for cell in row] for row in rows]
        return self._made(rows, plain)


def _transformed(
    attributes: Sequence[str], schema: Schema, transform: Transform, booleans: Mapping[str, bool]
) -> Callable[[Sequence[Row], bool], _Made]:
    """Returns a function like `_Columns.items` that calls a transform."""
    from handlers.importer.items.object_items import ObjectItems  # loaded only for a transform

    objects = ObjectItems(schema._replace(names={}), transform, typed_columns=True, booleans=booleans)

    def items(rows: Sequence[Row], _plain: bool) -> _Made:
        cells = [{name: cell for name, cell in zip(attributes, row, strict=True) if cell} for row in rows]
        texts, keys = zip(*map(objects.item, cells), strict=True)
        return texts, keys

    return items


class _Columns:
    """Makes items column by column, because Python processes a whole column in C.

    The partition key, which every item has, comes first, so that each other attribute can bring the comma before it.
    """

    def __init__(
        self, attributes: Sequence[str], schema: Schema, repetitions: Sequence[Row], booleans: Mapping[str, bool]
    ) -> None:
        self._schema = schema
        self._ending = schema.ending
        self._keys = [(name, schema.column(name), attributes.index(name)) for name in schema.keys]
        partition = attributes.index(schema.keys[0])
        self._partition = partition
        self._repeated_keys = frozenset(row[partition] for row in repetitions)
        others = (i for i, name in enumerate(attributes) if i != partition and name not in schema.constants)
        self._columns = [
            (i, _Column(attributes[i], schema, booleans, first=i == partition)) for i in (partition, *others)
        ]

    def items(self, rows: Sequence[Row], plain: bool) -> _Made:
        """The items of rows with as many cells as the header.

        Raises:
            RowError: one row cannot be an item, or one of several has to be skipped.
        """
        cells = list(zip(*rows, strict=True))
        if len(rows) > 1 and self._may_be_skipped(cells[self._partition]):
            raise RowError("may be no row")
        keys = [self._key_values(name, column, cells[i]) for name, column, i in self._keys]
        texts = joined(self._members(cells, plain), self._ending)
        check_sizes(texts)
        return texts, keys[0] if len(keys) == 1 else zip(*keys, strict=True)

    def _may_be_skipped(self, keys: Sequence[str]) -> bool:
        """Whether a row with one of these partition keys may be blank or the header; single rows tell."""
        if not self._repeated_keys.isdisjoint(keys):
            return True
        return min(keys) < "!" and not all(key.strip(BLANKS) for key in keys)  # blanks sort before letters

    def _key_values(self, name: str, column: str, cells: Sequence[str]) -> Sequence[str]:
        lengths = set(map(len, cells))
        if self._schema.type_of(name) == "S" and 0 < min(lengths) <= max(lengths) <= SURELY_SHORT:
            return cells
        if self._schema.type_of(name) == "N" and "" not in cells:
            return _converted(column, canonical, cells)
        return [key_value(self._schema, name, cell) for cell in cells]

    def _members(self, cells: Sequence[Sequence[str]], plain: bool) -> Iterator[tuple[str, Iterable[str], str]]:
        """See `joined`; if some of a column's cells are empty, empty values have nothing around them."""
        for i, column in self._columns:
            opening, closing = column.around(plain)
            if "" not in cells[i]:
                yield opening, column.values(cells[i], plain), closing
            elif any(cells[i]):
                values = iter(column.values(list(filter(None, cells[i])), plain))
                yield "", [opening + next(values) + closing if cell else "" for cell in cells[i]], ""


class _Column:
    """Turns the cells of one column into values."""

    # `_are_json` tells whether cells are valid as they are, as most are; `_convert` converts one.
    __slots__ = ("_are_json", "_convert", "_kind", "_opening", "_shown")

    def __init__(self, name: str, schema: Schema, booleans: Mapping[str, bool], *, first: bool) -> None:
        self._shown = schema.column(name)
        self._kind = kind = schema.type_of(name)
        if kind == "BOOL":
            same = frozenset(text for text, value in (("true", True), ("false", False)) if booleans.get(text) is value)
            self._are_json, self._convert = same.issuperset, partial(boolean, meanings=booleans)
        else:
            self._are_json, self._convert = written_as_numbers, number
        self._opening = f'{"{" if first else ","}{quoted(name)}:{{"{kind}":'

    def around(self, plain: bool) -> tuple[str, str]:
        """What surrounds a value."""
        if self._kind == "BOOL" or (self._kind == "S" and not plain):
            return self._opening, "}"
        return self._opening + '"', '"}'

    def values(self, cells: Sequence[str], plain: bool) -> Iterable[str]:
        """The values of cells that are not empty, without what is `around` them.

        Raises:
            RowError: a cell does not have the column's type.
        """
        if self._kind == "S":
            return cells if plain else map(quoted, cells)
        if self._are_json(cells):
            return cells
        return _converted(self._shown, self._convert, cells)


def _converted(column: str, convert: Callable[[str], str], cells: Sequence[str]) -> list[str]:
    try:
        return list(map(convert, cells))
    except RowError as error:
        raise RowError(f"{column}: {error}") from None


def _repetitions(header: Sequence[str], quote: str) -> Iterator[Row]:
    """The rows that repeat a header: as it is, and after a byte order mark, where the first cell's quotes are text."""
    yield list(header)
    first = header[0]
    yield [_MARK + first, *header[1:]]
    if quote:
        yield [_MARK + quote + first.replace(quote, quote * 2) + quote, *header[1:]]
