"""What an item may be, and items made of objects: JSON rows, DynamoDB JSON, and what a transform returns.

An item is the JSON text that DynamoDB takes. What DynamoDB would refuse is found here, with a reason that
names the value. The limits and sizes:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import binascii
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from handlers.importer.errors import RowError
from handlers.importer.numbers import Number, canonical, number, written_as_numbers
from handlers.importer.transform import Rejected, Transform

ITEM_BYTES = 400 * 1024
KEY_BYTES = (2048, 1024)
"""Of the partition key's value and the sort key's."""
SURELY_SHORT = 256
"""Characters of a string that no encoding makes too long for a key."""
TOGETHER = 64
"""How many rows are made items at once: so many that it pays, so few that a bad one among them costs little."""
LEVELS = 32
"""How deep an attribute may be nested; its value is level 1, what lies in that level 2."""

Item = tuple[str, Hashable, tuple[int, Any]]
"""The item as DynamoDB JSON; its key, the same for equal keys; the line and the row it was made of."""


@dataclass(frozen=True)
class Schema:
    """What the settings say about the table and about the columns of CSV files."""

    keys: Sequence[str]
    """The names of the partition key and, if there is one, of the sort key."""
    columns: Mapping[str, str]
    """Column -> S, N or BOOL."""

    def type_of(self, column: str) -> str:
        """The type of a column: a string, if nothing else is said."""
        return self.columns.get(column, "S")


def boolean(text: str) -> str:
    """The JSON text of a cell that is true or false.

    Raises:
        RowError: it is neither.
    """
    try:
        return _BOOLEANS[text.strip(" \t").lower()]
    except KeyError:
        raise RowError(f"{shown(text)} is neither true nor false") from None


def key_value(schema: Schema, name: str, value: str) -> str:
    """What tells a key's value from others: for a number its canonical form.

    Raises:
        RowError: no item can have it.
    """
    if not value:
        raise RowError(f"has no {name}, which is a key")
    if schema.type_of(name) == "N":
        return canonical(value)
    limit = KEY_BYTES[schema.keys.index(name)]
    if len(value) * 4 > limit and len(value.encode("utf-8", "surrogatepass")) > limit:
        raise RowError(f"{name} is longer than the {limit} bytes that a key may have")
    return value


def check_sizes(texts: Sequence[str]) -> None:
    """Raises a `RowError` if one of the items, given as their JSON texts, is larger than DynamoDB allows."""
    # Each character of a text stands for at most four bytes of the item.
    if max(map(len, texts)) * 4 <= ITEM_BYTES:
        return
    for text in texts:
        if len(text) * 4 > ITEM_BYTES and (size := _map_size(json.loads(text))) > ITEM_BYTES:
            raise RowError(f"has {size:,} bytes as an item, DynamoDB allows {ITEM_BYTES:,}")


def joined(members: Iterable[tuple[str, Iterable[str], str]]) -> list[str]:
    """The JSON texts of many objects, member by member: what stands before a value in all, the values, what follows."""
    pieces: list[Iterable[str]] = []
    text = ""
    for before, values, after in members:
        pieces += repeat(text + before), values
        text = after
    pieces.append(repeat(text + "}"))
    # Not strict, for what is repeated has no end; that there is a text for each row is checked where they are paired.
    return ["".join(parts) for parts in zip(*pieces, strict=False)]


class ObjectItems:
    """Items from objects: dicts of strings, integers, `Number`s, booleans, None, lists and dicts."""

    def __init__(self, schema: Schema, transform: Transform | None = None, *, typed_columns: bool = False) -> None:
        """Prepares for one file.

        Args:
            schema: the keys, and the types that their values get.
            transform: is called with each object.
            typed_columns: strings of columns that have a type get it, as in CSV files.
        """
        self._schema = schema
        self._transform = transform
        self._types = schema.columns if typed_columns else {}
        self._key_types = [
            (name, Number, 0) if schema.type_of(name) == "N" else (name, str, SURELY_SHORT) for name in schema.keys
        ]

    def item(self, row: Any) -> tuple[str, Hashable]:
        """The item's DynamoDB JSON and its key.

        Raises:
            RowError: the row cannot be an item.
        """
        if type(row) is not dict:
            raise RowError("is not an object")
        if self._transform:
            row = _transformed(self._transform, row)
        text, key = self._stored(row["Item"]) if len(row) == 1 and _is_stored(row) else self._plain(row)
        _check_surrogates(text)
        check_sizes((text,))
        return text, key

    def items(self, rows: Sequence[Any]) -> tuple[Iterable[str], Iterable[Hashable]] | None:
        """Each item's DynamoDB JSON, and their keys, of objects with the same members; made member by member.

        What Python does with all values of a member at once, it does in C. None if the rows are not alike, or some
        cannot be items, or have to be looked at alone for another reason.
        """
        if self._transform or len(rows) == 1 or set(map(type, rows)) != {dict} or len({*map(tuple, rows)}) != 1:
            return None
        columns: dict[str, Sequence[Any]] = dict(
            zip(rows[0], zip(*[row.values() for row in rows], strict=True), strict=True)
        )
        if not columns.keys() >= set(self._schema.keys):
            return None
        try:
            keys = [self._key_column(columns, *key) for key in self._key_types]
            texts = joined(map(_column, chain("{", repeat(",")), columns, columns.values()))
            check_sizes(texts)
            for text in texts:
                _check_surrogates(text)
        except RowError:
            return None
        return texts, keys[0] if len(keys) == 1 else zip(*keys, strict=True)

    def _key_column(
        self, columns: dict[str, Sequence[Any]], name: str, wanted: type[str], surely_good: int
    ) -> Sequence[str]:
        """The key's values of some rows, in which they get the key's type."""
        if set(map(type, columns[name])) != {wanted}:
            columns[name] = [
                value if type(value) is wanted else _as_key(name, value, wanted) for value in columns[name]
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
                value = _as_key(name, value, wanted)
                row = {**row, name: value}
            keys.append(value if 0 < len(value) <= surely_good else key_value(self._schema, name, value))
        return _object(row, 1), keys[0] if len(keys) == 1 else tuple(keys)

    def _stored(self, item: dict[str, Any]) -> tuple[str, Hashable]:
        keys: list[str] = []
        for name in self._schema.keys:
            kind = "N" if self._schema.type_of(name) == "N" else "S"
            value = item.get(name)
            if type(value) is not dict or type(value.get(kind)) is not str:
                raise RowError(f"has no {name} of type {kind}, which is a key")
            keys.append(key_value(self._schema, name, value[kind]))
        return _stored_object(item, 1), keys[0] if len(keys) == 1 else tuple(keys)

    def _typed(self, name: str, value: Any) -> Any:
        kind = self._types.get(name) if type(value) is str else None
        if kind == "N":
            return Number(value)
        return boolean(value) == "true" if kind == "BOOL" else value


def shown(value: object) -> str:
    """A value as a reason shows it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _transformed(transform: Transform, row: dict[str, Any]) -> dict[str, Any]:
    try:
        result = transform(row)
    except Exception as error:
        raise RowError(f"the transform failed: {type(error).__name__}: {error}") from error
    if isinstance(result, Rejected):
        raise RowError(result.reason)
    if type(result) is not dict:
        raise RowError(f"the transform returned {type(result).__name__}, not a dict")
    return result


def _is_stored(row: dict[str, Any]) -> bool:
    """Whether a row of one member is DynamoDB JSON. As a plain row it could not be an item: its key would be a map."""
    return type(row.get("Item")) is dict


def _as_key(name: str, value: Any, wanted: type[str]) -> str:
    """A key's value in the type of the key: in JSON an id may be a number where the table has strings."""
    if value is None:
        raise RowError(f"has no {name}, which is a key")
    if type(value) not in (str, int, Number):
        raise RowError(f"{name} is a key and must be a string or a number")
    return wanted(value)


def _check_surrogates(text: str) -> None:
    if "\\ud" not in text:
        return
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RowError(f"holds half of a character: \\u{ord(error.object[error.start]):04x}") from None


# Plain values. Each renderer gets a value and its level.


class _Names(dict[str, str]):
    """Attribute names as JSON text, remembered; a file has few."""

    def __missing__(self, name: str) -> str:
        text = quoted(name) + ":"
        if len(name) <= SURELY_SHORT:  # the others could fill the memory
            if len(self) > 10_000:
                self.clear()
            self[name] = text
        return text


_NAMES = _Names()


def _object(row: dict[str, Any], level: int) -> str:
    return (
        "{"
        + ",".join(
            [
                f'{_NAMES[name]}{{"S":{quoted(value)}}}'
                if type(value) is str
                else _NAMES[name] + _PLAIN.get(type(value), _other)(value, level)
                for name, value in row.items()
            ]
        )
        + "}"
    )


def _column(comma: str, name: str, values: Sequence[Any]) -> tuple[str, Iterable[str], str]:
    """What stands before a member's value in all of some objects, the values of each, and what follows."""
    before = comma + _NAMES[name]
    kinds = set(map(type, values))
    if kinds == {str}:
        return before + '{"S":', map(quoted, values), "}"
    if kinds <= {int, Number} and written_as_numbers(numbers := list(map(str, values))):
        return before + '{"N":"', numbers, '"}'
    return before, [_PLAIN.get(type(value), _other)(value, 1) for value in values], ""


def _list(values: list[Any], level: int) -> str:
    _check_level(level, values)
    return '{"L":[' + ",".join([_PLAIN.get(type(value), _other)(value, level + 1) for value in values]) + "]}"


def _map(value: dict[str, Any], level: int) -> str:
    _check_level(level, value)
    return '{"M":' + _object(value, level + 1) + "}"


def _integer(value: int, _level: int) -> str:
    return f'{{"N":"{value if -(10**18) < value < 10**18 else number(str(value))}"}}'


def _other(value: Any, _level: int) -> str:
    # Only a transform can bring one; `decimal` is not imported for those who have none.
    if type(value).__name__ == "Decimal":
        return f'{{"N":"{number(str(value))}"}}'
    raise RowError(f"{shown(value)} is a {type(value).__name__}, which an item cannot hold exactly")


def _check_level(level: int, values: Any) -> None:
    if level >= LEVELS and values:
        raise RowError(f"is nested deeper than {LEVELS} levels")


_PLAIN: dict[type, Callable[[Any, int], str]] = {
    str: lambda value, _: f'{{"S":{quoted(value)}}}',
    Number: lambda value, _: f'{{"N":"{number(value)}"}}',
    int: _integer,
    bool: lambda value, _: '{"BOOL":true}' if value else '{"BOOL":false}',
    type(None): lambda _value, _: '{"NULL":true}',
    list: _list,
    dict: _map,
}
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}


# Values as DynamoDB writes them: {"S": "x"}.


def _stored_object(item: dict[str, Any], level: int) -> str:
    return "{" + ",".join([_NAMES[name] + _stored_value(value, level) for name, value in item.items()]) + "}"


def _stored_value(value: Any, level: int) -> str:
    try:
        ((kind, content),) = value.items()
        render = _STORED[kind]
    except (AttributeError, ValueError, KeyError, TypeError):
        raise RowError(f"{shown(value)} is not a value of DynamoDB JSON") from None
    try:
        return f'{{"{kind}":{render(content, level)}}}'
    except (AttributeError, TypeError):
        raise RowError(f"{shown(content)} cannot be a {kind}") from None


def _stored_list(values: Any, level: int) -> str:
    _check_type(values, list)
    _check_level(level, values)
    return "[" + ",".join([_stored_value(value, level + 1) for value in values]) + "]"


def _stored_map(value: Any, level: int) -> str:
    _check_type(value, dict)
    _check_level(level, value)
    return _stored_object(value, level + 1)


def _stored_string(text: Any, _level: int) -> str:
    _check_type(text, str)
    return quoted(text)


def _stored_number(digits: Any, _level: int) -> str:
    _check_type(digits, str)
    return quoted(number(digits))


def _binary(text: Any, _level: int) -> str:
    _check_type(text, str)
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise RowError(f"{shown(text)} is not base64") from None
    return quoted(text)


def _set_of(render: Callable[[Any, int], str], distinct: Callable[[Any], str]) -> Callable[[Any, int], str]:
    def render_set(values: Any, level: int) -> str:
        _check_type(values, list)
        texts = [render(value, level) for value in values]
        if not texts or len({distinct(value) for value in values}) < len(texts):
            raise RowError("has a set that is empty or repeats a value")
        return "[" + ",".join(texts) + "]"

    return render_set


def _flag(value: Any, _level: int) -> str:
    _check_type(value, bool)
    return "true" if value else "false"


def _null(value: Any, _level: int) -> str:
    if value is not True:
        raise TypeError
    return "true"


def _check_type(value: Any, wanted: type) -> None:
    """Raises a `TypeError` if a value has another type, or one derived from it, as `Number` is from `str`."""
    if type(value) is not wanted:
        raise TypeError


_STORED: dict[str, Callable[[Any, int], str]] = {
    "S": _stored_string,
    "N": _stored_number,
    "B": _binary,
    "BOOL": _flag,
    "NULL": _null,
    "L": _stored_list,
    "M": _stored_map,
    "SS": _set_of(_stored_string, str),
    "NS": _set_of(_stored_number, canonical),
    "BS": _set_of(_binary, str),
}


# Sizes as DynamoDB counts them, of values in DynamoDB JSON.


def _map_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode("utf-8", "surrogatepass")) + _size(value) for name, value in item.items())


def _size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + len(content) + _map_size(content)
    if kind == "L":
        return 3 + len(content) + sum(map(_size, content))
    if kind in ("SS", "NS", "BS"):
        return sum(_size({kind[0]: member}) for member in content)
    if kind == "S":
        return len(content.encode("utf-8", "surrogatepass"))
    if kind == "N":
        digits = sum(map(str.isdigit, canonical(content).partition("e")[0]))
        return (digits + 1) // 2 + 1 + content.startswith("-")
    return len(binascii.a2b_base64(content)) if kind == "B" else 1
