"""Writes Python's values as DynamoDB JSON: `"x"` as `{"S": "x"}`."""

from collections.abc import Callable, Iterable, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import Number, number, written_as_numbers
from handlers.importer.items.rules import NAMES, check_level, shown


class Written:
    """The kinds of values that are given as written in JSON, as strings."""

    class String:
        """Without quotes and escapes."""

    class Number:
        """As DynamoDB accepts it."""

    class Boolean:
        """True or false."""

    class Null:
        """Null."""


WRITTEN_KEYS: Sequence[set[type]] = {Written.String}, {Written.Number}
"""The kinds of keys."""


def plain_object(row: dict[str, Any], level: int) -> str:
    """The JSON text of an item, or of a map's content, whose values are at this level.

    Raises:
        RowError: an item cannot hold a value.
    """
    return (
        "{"
        + ",".join(
            [
                f'{NAMES[name]}{{"S":{quoted(value)}}}'
                if type(value) is str
                else NAMES[name] + _PLAIN.get(type(value), _other)(value, level)
                for name, value in row.items()
            ]
        )
        + "}"
    )


def plain_column(comma: str, name: str, values: Sequence[Any], kinds: set[type]) -> tuple[str, Iterable[str], str]:
    """Returns a member of many objects: what precedes its values, the values, and what follows.

    `comma` precedes the member; `kinds` are the types of the values, or one of `Written`.

    Raises:
        RowError: an item cannot hold a value or the name.
    """
    before = comma + NAMES[name]
    if kinds == {Written.String}:
        # ASCII needs no escapes that it did not have; checking takes a tenth of the time of escaping.
        return (
            (before + '{"S":"', values, '"}') if "".join(values).isascii() else plain_column(comma, name, values, {str})
        )
    if kinds == {Written.Number}:
        return before + '{"N":"', values, '"}'
    if kinds == {Written.Boolean}:
        return before + '{"BOOL":', values, "}"
    if kinds == {Written.Null}:
        return before + '{"NULL":', ["true"] * len(values), "}"
    if kinds == {str}:
        return before + '{"S":', map(quoted, values), "}"
    if kinds <= {int, Number} and written_as_numbers(numbers := list(map(str, values))):
        return before + '{"N":"', numbers, '"}'
    return before, [_PLAIN.get(type(value), _other)(value, 1) for value in values], ""


def _list(values: list[Any], level: int) -> str:
    check_level(level, values)
    return '{"L":[' + ",".join([_PLAIN.get(type(value), _other)(value, level + 1) for value in values]) + "]}"


def _map(value: dict[str, Any], level: int) -> str:
    check_level(level, value)
    return '{"M":' + plain_object(value, level + 1) + "}"


def _integer(value: int, _level: int) -> str:
    return f'{{"N":"{value if -(10**18) < value < 10**18 else number(str(value))}"}}'


def _other(value: Any, _level: int) -> str:
    # Only a transform can return one; `decimal` is not imported for the others.
    if type(value).__name__ == "Decimal":
        return f'{{"N":"{number(str(value))}"}}'
    raise RowError(f"{shown(value)} is a {type(value).__name__}, which an item cannot hold exactly")


_PLAIN: dict[type, Callable[[Any, int], str]] = {
    str: lambda value, _: f'{{"S":{quoted(value)}}}',
    Number: lambda value, _: f'{{"N":"{number(value)}"}}',
    int: _integer,
    bool: lambda value, _: '{"BOOL":true}' if value else '{"BOOL":false}',
    type(None): lambda _value, _: '{"NULL":true}',
    list: _list,
    dict: _map,
}
