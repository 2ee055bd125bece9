"""Items from the rows of CSV and TSV files: the hot path of most imports."""

import json
from collections.abc import Callable, Hashable, Sequence
from itertools import compress
from json.encoder import encode_basestring_ascii as quoted

from handlers.importer.errors import FileError, Reject, RowError
from handlers.importer.items import SURELY_SHORT, Item, ObjectItems, Schema, boolean, check_size, key_value
from handlers.importer.numbers import number, written_as_number
from handlers.importer.transform import Transform

Row = list[str]
_TEMPLATE_COLUMNS = 100_000
"""How many columns all templates together may have, before they are made anew."""
_CONVERSIONS: dict[str, tuple[Callable[[str], object], Callable[[str], str]]] = {
    "N": (written_as_number, number),
    "BOOL": (frozenset(("true", "false")).__contains__, boolean),
}
"""Type -> what tells that a cell is written as JSON has it, which most are, and what makes it so."""


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
        self._item = self._transformed if transform else _Templates(self._header, schema).item

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
        items: list[Item] = []
        item, width = self._item, len(self._header)
        for source in zip(lines, rows, strict=True):
            row = source[1]
            if not row:
                continue
            try:
                if len(row) != width:
                    raise RowError(f"has {len(row)} cells, the header has {width}")
                items.append((*item(row, plain), source))
            except RowError as error:
                reject(self.rejected(source, str(error)))
        return items

    def rejected(self, source: tuple[int, Row], reason: str) -> Reject:
        """The reject of a row: its cells by column, or in a list where they do not fit the header."""
        line, cells = source
        row = dict(zip(self._header, cells, strict=True)) if len(cells) == len(self._header) else cells
        return Reject(line, reason, json.dumps(row))

    def _transformed(self, row: Row, _plain: bool) -> tuple[str, Hashable]:
        return self._objects.item({name: cell for name, cell in zip(self._header, row, strict=True) if cell})


class _Templates:
    """Renders a row by joining what stands between its values with them: in C, and faster than formatting.

    The header gives a template for each combination of filled cells that occurs: empty ones are left out.
    """

    def __init__(self, header: list[str], schema: Schema) -> None:
        self._header = header
        self._schema = schema
        self._conversions = [
            (i, *_CONVERSIONS[kind]) for i, name in enumerate(header) if (kind := schema.type_of(name)) != "S"
        ]
        self._booleans = [i for i, name in enumerate(header) if schema.type_of(name) == "BOOL"]
        self._templates: dict[tuple[bytes, bool], list[str]] = {}
        self._key = self._key_reader()

    def item(self, row: Row, plain: bool) -> tuple[str, Hashable]:
        """The item's DynamoDB JSON and its key; the row has as many cells as the header."""
        key = self._key(row)
        values = self._converted(row) if self._conversions else row
        if not plain:
            values = list(map(quoted, values))
            for i in self._booleans:
                values[i] = values[i][1:-1]
        filled = b""
        if "" in row:
            filled = bytes(map(bool, row))
            values = compress(values, row)
        template = self._templates.get((filled, plain)) or self._template(filled, plain)
        template[1::2] = values
        text = "".join(template)
        check_size(text)
        return text, key

    def _converted(self, row: Row) -> Row:
        """The row's values as JSON has them: the row itself, where that is how they are written."""
        values = row
        for i, is_written_so, convert in self._conversions:
            cell = row[i]
            if is_written_so(cell) or not cell:
                continue
            if values is row:
                values = row.copy()
            try:
                values[i] = convert(cell)
            except RowError as error:
                raise RowError(f"{self._header[i]}: {error}") from None
        return values

    def _template(self, filled: bytes, plain: bool) -> list[str]:
        """The template for rows with these cells filled: a byte for each, none at all if all are.

        Every second of its strings is to be replaced by a value.
        """
        if len(self._templates) * len(self._header) > _TEMPLATE_COLUMNS:
            self._templates.clear()
        template = ["{"]
        for name in compress(self._header, filled) if filled else self._header:
            kind = self._schema.type_of(name)
            quote = '"' if plain and kind != "BOOL" else ""
            template[-1] += f'{quoted(name)}:{{"{kind}":{quote}'
            template += ["", f"{quote}}},"]
        template[-1] = template[-1].replace(",", "}")
        self._templates[filled, plain] = template
        return template

    def _key_reader(self) -> Callable[[Row], Hashable]:
        first, *others = map(self._value_reader, self._schema.keys)
        return (lambda row: (first(row), others[0](row))) if others else first

    def _value_reader(self, name: str) -> Callable[[Row], str]:
        index = self._header.index(name)
        surely_good = SURELY_SHORT if self._schema.type_of(name) == "S" else 0

        def value(row: Row) -> str:
            cell = row[index]
            return cell if 0 < len(cell) <= surely_good else key_value(self._schema, name, cell)

        return value


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
