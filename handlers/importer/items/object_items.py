"""Items from objects: JSON rows, DynamoDB JSON, and a transform's results."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from handlers.importer.errors import RowError
from handlers.importer.items.dynamodb_json import is_change, is_removal, stored_object
from handlers.importer.items.numbers import Number
from handlers.importer.items.plain_values import WRITTEN_KEYS, plain_column, plain_object
from handlers.importer.items.repeated_names import are_all, column_strings
from handlers.importer.items.rules import (
    BOOLEANS,
    NAMES,
    SURELY_SHORT,
    Schema,
    boolean,
    check_sizes,
    half_of_character,
    joined,
    key_value,
    shown_name,
)
from handlers.importer.items.transform import Transform, transformed


class RemovedError(Exception):
    """The row says that an item was removed."""


_NO_KEYS = {type(None), dict}
"""Types that no key of a plain row has."""
_KEY_KINDS = {"S", "N", "B"}


class ObjectItems:
    """Items from objects: dicts of strings, integers, `Number`s, booleans, None, lists and dicts.

    Attributes:
        alters: whether items may differ from their objects in names or values.
    """

    def __init__(
        self,
        schema: Schema,
        transform: Transform | None = None,
        *,
        typed_columns: bool = False,
        booleans: Mapping[str, bool] = BOOLEANS,
        dynamodb_json: bool = False,
    ) -> None:
        """Prepares for one file.

        Args:
            schema: the keys and their types, the members' names in items, and constants.
            transform: is called with each object.
            typed_columns: strings in columns with a type become that type, as in CSV files.
            booleans: the meanings of strings in columns of type BOOL.
            dynamodb_json: each row is DynamoDB JSON; if False, each row tells.
        """
        self._booleans = booleans
        self._schema = schema
        self._names = schema.names
        self._constants = schema.constants.keys()
        self._ending = schema.ending
        self._transform = transform
        self.alters = bool(transform or schema.names or schema.constants)
        self._dynamodb_json = dynamodb_json
        self._types = schema.columns if typed_columns else {}
        self._key_types = [
            (name, Number, 0) if schema.type_of(name) == "N" else (name, str, SURELY_SHORT) for name in schema.keys
        ]

    def item(self, row: Any) -> tuple[str, Hashable]:
        """The item's DynamoDB JSON and its key.

        Raises:
            RowError: the row cannot be an item.
            RemovedError: it says that an item was removed.
        """
        if type(row) is not dict:
            raise RowError("is an array, not an object" if type(row) is list else "is not an object")
        if self.alters:
            row = self._altered(row)
        if self._dynamodb_json or type(row.get(self._schema.keys[0])) in _NO_KEYS:
            image = self._image(row)
            if self.alters and image is not None and image is not row:
                image = self._own(image)
            text, key = self._plain(row) if image is None else self._stored(image)
        else:
            text, key = self._plain(row)
        if self._constants:
            text = text[:-1] + self._ending
        if half := half_of_character(text):
            raise RowError(f"holds half of a character: \\u{ord(half):04x}")
        check_sizes((text,))
        return text, key

    def items(self, rows: Sequence[Any], text: str = "") -> tuple[Iterable[str], Iterable[Hashable]] | None:
        """Each item's DynamoDB JSON, and their keys, of objects with the same members.

        Works member by member, because Python processes all values of one in C. None if the rows are not alike, some
        cannot be items, or they have to be read singly for another reason.

        Args:
            rows: the objects.
            text: their JSON, with a string between each two.
        """
        if self._transform or self._dynamodb_json or len(rows) == 1:
            return None
        if set(map(type, rows)) != {dict} or len({*map(tuple, rows)}) != 1:
            return None
        columns: dict[str, Sequence[Any]] = dict(
            zip(rows[0], zip(*[row.values() for row in rows], strict=True), strict=True)
        )
        width = len(columns)
        if self._names:
            columns = {self._names.get(name, name): values for name, values in columns.items()}
        if len(columns) < width or not columns.keys() >= set(self._schema.keys):
            return None
        kinds = {name: set(map(type, values)) for name, values in columns.items()}
        if text:
            count = sum(map(column_strings, columns.values(), kinds.values()))
            if not are_all(text, len(rows) * width + count + len(rows) - 1):
                return None
        made = self._of_columns(columns, kinds)
        return None if made and any(map(half_of_character, made[0])) else made

    def items_as_written(
        self, columns: dict[str, Sequence[str]], kinds: dict[str, set[type]]
    ) -> tuple[Sequence[str], Iterable[Hashable]] | None:
        """The same for members' values as written in JSON, without half of a character; `kinds` are of `Written`."""
        width = len(columns)
        if self._names:
            columns = {self._names.get(name, name): values for name, values in columns.items()}
        kinds = {self._names.get(name, name): kind for name, kind in kinds.items()}
        if len(columns) < width or any(kinds.get(name) not in WRITTEN_KEYS for name in self._schema.keys):
            return None
        return self._of_columns(columns, kinds)

    def _of_columns(
        self, columns: dict[str, Sequence[Any]], kinds: dict[str, set[type]]
    ) -> tuple[list[str], Iterable[Hashable]] | None:
        for name in self._constants & columns.keys():
            del columns[name], kinds[name]
        try:
            keys = [self._key_column(columns, kinds, *key) for key in self._key_types]
            members = map(plain_column, chain("{", repeat(",")), columns, columns.values(), kinds.values())
            texts = joined(members, self._ending)
            check_sizes(texts)
        except RowError:
            return None
        return texts, keys[0] if len(keys) == 1 else zip(*keys, strict=True)

    def _altered(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with its attributes' names, as the transform returns it, without constants."""
        if self._transform and is_removal(row):
            raise RemovedError
        if self._transform:
            row = transformed(self._transform, self._own(row))
            return {name: value for name, value in row.items() if name not in self._constants}
        return self._own(row)

    def _own(self, row: dict[str, Any]) -> dict[str, Any]:
        """The members of a row or an image, with their attributes' names and without constants.

        Raises:
            RowError: two have the same name.
        """
        own = {self._names.get(name, name): value for name, value in row.items()}
        if len(own) < len(row):
            raise RowError(self._same_name(row))
        return {name: value for name, value in own.items() if name not in self._constants}

    def _same_name(self, row: dict[str, Any]) -> str:
        """The reason for a row in which two members have the same name in items."""
        members: dict[str, str] = {}
        for member in row:
            attribute = self._names.get(member, member)
            if (other := members.setdefault(attribute, member)) != member:
                both = f"{shown_name(other)} and {shown_name(member)}"
                return f"has {both}, and by the setting columns both are {shown_name(attribute)} in items"
        return ""

    def _key_column(
        self,
        columns: dict[str, Sequence[Any]],
        kinds: dict[str, set[type]],
        name: str,
        wanted: type[str],
        surely_good: int,
    ) -> Sequence[str]:
        """The key's values in some rows; converts them to the key's type."""
        if kinds[name] != {wanted}:
            kinds[name] = {wanted}
            columns[name] = [
                value if type(value) is wanted else _as_key(self._schema, name, value, wanted)
                for value in columns[name]
            ]
        return [
            value if 0 < len(value) <= surely_good else key_value(self._schema, name, value) for value in columns[name]
        ]

    def _plain(self, row: dict[str, Any]) -> tuple[str, Hashable]:
        if self._types:
            row = {name: self._typed(name, value) for name, value in row.items()}
        keys: list[str] = []
        for name, wanted, surely_good in self._key_types:
            value = row.get(name)
            if type(value) is not wanted:
                value = _as_key(self._schema, name, value, wanted)
                row = {**row, name: value}
            keys.append(value if 0 < len(value) <= surely_good else key_value(self._schema, name, value))
        try:
            return plain_object(row, 1), keys[0] if len(keys) == 1 else tuple(keys)
        except RowError as error:
            raise _named(self._schema, row, plain_object, error) from None

    def _image(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The part of a row that is DynamoDB JSON; None if there is none.

        A plain row that could be an item is never mistaken for it: its key would have to be a map or missing.

        Raises:
            RemovedError: the row says that an item was removed.
        """
        if is_removal(row):
            raise RemovedError
        if len(row) == 1 and type(row.get("Item")) is dict:
            return row["Item"]
        if "NewImage" in row and is_change(row):
            return row["NewImage"]
        value = row.get(self._schema.keys[0])
        if self._dynamodb_json or (type(value) is dict and len(value) == 1 and not _KEY_KINDS.isdisjoint(value)):
            return row
        return None

    def _stored(self, item: dict[str, Any]) -> tuple[str, Hashable]:
        keys: list[str] = []
        for name in self._schema.keys:
            kind = "N" if self._schema.type_of(name) == "N" else "S"
            value = item.get(name)
            if type(value) is not dict or type(value.get(kind)) is not str:
                raise RowError(f"has no {self._schema.column(name)} of type {kind}, which is a key")
            keys.append(key_value(self._schema, name, value[kind]))
        try:
            return stored_object(item, 1), keys[0] if len(keys) == 1 else tuple(keys)
        except RowError as error:
            raise _named(self._schema, item, stored_object, error) from None

    def _typed(self, name: str, value: Any) -> Any:
        kind = self._types.get(name) if type(value) is str else None
        if kind == "N":
            return Number(value)
        if kind != "BOOL":
            return value
        try:
            return boolean(value, self._booleans) == "true"
        except RowError as error:
            raise RowError(f"{shown_name(self._schema.column(name))}: {error}") from None


def _named(
    schema: Schema, row: dict[str, Any], render: Callable[[dict[str, Any], int], str], error: RowError
) -> RowError:
    """The error of a row that cannot be rendered, with the attribute's name."""
    for name, value in row.items():
        try:
            _ = NAMES[name]
        except RowError:
            break  # the error is about a name
        try:
            render({name: value}, 1)
        except RowError as reason:
            return RowError(f"{shown_name(schema.column(name))}: {reason}")
    return error


def _as_key(schema: Schema, name: str, value: Any, wanted: type[str]) -> str:
    """A key's value in the key's type: in JSON an id may be a number although the table has strings."""
    if value is None:
        raise RowError(f"has no {schema.column(name)}, which is a key")
    if type(value) not in (str, int, Number):
        raise RowError(f"{schema.column(name)} is a key and must be a string or a number")
    return wanted(value)
