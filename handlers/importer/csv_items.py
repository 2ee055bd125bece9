"""Items from the rows of CSV and TSV files: the hot path of most imports."""

import json
from collections.abc import Callable, Hashable, Sequence
from itertools import compress
from json.encoder import encode_basestring_ascii as quoted

from handlers.importer.errors import FileError, Reject, RowError
from handlers.importer.items import Item, ObjectItems, Schema, boolean, check_size, key_value
from handlers.importer.numbers import number
from handlers.importer.transform import Transform

Row = list[str]
_TEMPLATE_COLUMNS = 100_000
"""How many columns all templates together may have, before they are made anew."""
_SURELY_SHORT = 256
"""Characters of a key's value that no encoding makes too long for a key."""


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
    """Renders a row by one `%` in C.

    The header gives a template for each combination of filled cells that occurs: empty ones are left out.
    """

    def __init__(self, header: list[str], schema: Schema) -> None:
        self._header = header
        self._schema = schema
        self._conversions = [
            (i, number if kind == "N" else boolean)
            for i, name in enumerate(header)
            if (kind := schema.type_of(name)) != "S"
        ]
        self._booleans = [i for i, convert in self._conversions if convert is boolean]
        self._templates: dict[tuple[bytes, bool], str] = {}
        self._key = self._key_reader()

    def item(self, row: Row, plain: bool) -> tuple[str, Hashable]:
        """The item's DynamoDB JSON and its key; the row has as many cells as the header."""
        key = self._key(row)
        values = self._converted(row) if self._conversions else row
        if not plain:
            values = list(map(quoted, values))
            for i in self._booleans:
                values[i] = values[i][1:-1]
        if "" in row:
            text = self._template(bytes(map(bool, row)), plain) % tuple(compress(values, row))
        else:
            text = self._template(b"", plain) % tuple(values)
        check_size(text)
        return text, key

    def _converted(self, row: Row) -> Row:
        values = row.copy()
        for i, convert in self._conversions:
            if cell := row[i]:
                try:
                    values[i] = convert(cell)
                except RowError as error:
                    raise RowError(f"{self._header[i]}: {error}") from None
        return values

    def _template(self, filled: bytes, plain: bool) -> str:
        """The template for rows with these cells filled: a byte for each, none at all if all are."""
        template = self._templates.get((filled, plain))
        if template is None:
            if len(self._templates) * len(self._header) > _TEMPLATE_COLUMNS:
                self._templates.clear()
            text = '"%s"' if plain else "%s"
            values = {"S": f'{{"S":{text}}}', "N": f'{{"N":{text}}}', "BOOL": '{"BOOL":%s}'}
            names = compress(self._header, filled) if filled else self._header
            attributes = (f"{quoted(name).replace('%', '%%')}:{values[self._schema.type_of(name)]}" for name in names)
            template = self._templates[filled, plain] = "{" + ",".join(attributes) + "}"
        return template

    def _key_reader(self) -> Callable[[Row], Hashable]:
        first, *others = map(self._value_reader, self._schema.keys)
        return (lambda row: (first(row), others[0](row))) if others else first

    def _value_reader(self, name: str) -> Callable[[Row], str]:
        index = self._header.index(name)
        surely_good = _SURELY_SHORT if self._schema.type_of(name) == "S" else 0

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
