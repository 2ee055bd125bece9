"""Checks values in DynamoDB JSON, such as `{"S": "x"}`, and writes them again.

The types: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

import binascii
from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import canonical, number
from handlers.importer.items.rules import NAMES, check_level, shown

_IMAGES = {"NewImage", "OldImage"}
_CHANGE = {"Metadata", "Keys"}
"""Members of each row of an incremental export, besides one image or both."""


def is_change(row: dict[str, Any]) -> bool:
    """Whether a row is of an incremental export."""
    members = row.keys()
    return (
        _CHANGE <= members <= _CHANGE | _IMAGES
        and set(map(type, row.values())) == {dict}
        and all(type(value) is dict for name in _CHANGE for value in row[name].values())
    )


def is_removal(row: dict[str, Any]) -> bool:
    """Whether a row says that an item was removed."""
    return "Keys" in row and "NewImage" not in row and is_change(row)


def stored_object(item: dict[str, Any], level: int) -> str:
    """The JSON text of an item, or of a map's content, whose values are at this level.

    Raises:
        RowError: a value does not have its type.
    """
    return "{" + ",".join([NAMES[name] + _value(value, level) for name, value in item.items()]) + "}"


def _value(value: Any, level: int) -> str:
    try:
        ((kind, content),) = value.items()
        render = _RENDERERS[kind]
    except (AttributeError, ValueError, KeyError, TypeError):
        raise RowError(f"{shown(value)} is not a value of DynamoDB JSON") from None
    try:
        return f'{{"{kind}":{render(content, level)}}}'
    except (AttributeError, TypeError):
        raise RowError(f"{shown(content)} cannot be a {kind}") from None


def _list(values: Any, level: int) -> str:
    _check_type(values, list)
    check_level(level, values)
    return "[" + ",".join([_value(value, level + 1) for value in values]) + "]"


def _map(value: Any, level: int) -> str:
    _check_type(value, dict)
    check_level(level, value)
    return stored_object(value, level + 1)


def _string(text: Any, _level: int) -> str:
    _check_type(text, str)
    return quoted(text)


def _number(digits: Any, _level: int) -> str:
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
    """Raises a `TypeError` for another type, even a derived one, as `Number` is from `str`."""
    if type(value) is not wanted:
        raise TypeError


_RENDERERS: dict[str, Callable[[Any, int], str]] = {
    "S": _string,
    "N": _number,
    "B": _binary,
    "BOOL": _flag,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set_of(_string, str),
    "NS": _set_of(_number, canonical),
    "BS": _set_of(_binary, str),
}
