"""DynamoDB's rules for an item's keys, size and depth; an item is its JSON text.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import binascii
import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import repeat
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import canonical

ITEM_BYTES = 400 * 1024
NAME_BYTES = 65_535
"""Of an attribute's name."""
KEY_BYTES = (2048, 1024)
"""Of the partition key's value and the sort key's."""
SURELY_SHORT = 256
"""Characters that are never too many bytes for a key."""
ROWS_AT_ONCE = 64
"""How many rows are made items at once: enough that it pays, few enough that a bad one costs little."""
LEVELS = 32
"""How deep an attribute may be nested; its value is level 1."""
BLANKS = " \t"
BOOLEANS: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False}

Item = tuple[str, Hashable, tuple[int, Any]]
"""The item as DynamoDB JSON; its key, the same for equal keys; its line and row."""


class Schema(NamedTuple):
    """The settings about the table and its items."""

    keys: Sequence[str]
    """The names of the partition key and, if there is one, of the sort key."""
    columns: Mapping[str, str]
    """Attribute -> S, N or BOOL: the type of its column in CSV files, or of a key."""
    names: Mapping[str, str] = {}
    """Column, or member of an object -> attribute, if the names differ."""
    constants: Mapping[str, str] = {}
    """Attribute -> its DynamoDB JSON in all items, whatever a row has."""

    def type_of(self, attribute: str) -> str:
        """The type of an attribute; by default a string."""
        return self.columns.get(attribute, "S")

    def column(self, attribute: str) -> str:
        """The name of an attribute in files and reasons."""
        return next((column for column, other in self.names.items() if other == attribute), attribute)

    @property
    def ending(self) -> str:
        """What all items end with."""
        return "".join(f",{quoted(name)}:{value}" for name, value in self.constants.items()) + "}"


def boolean(text: str, meanings: Mapping[str, bool] = BOOLEANS) -> str:
    """The JSON text of a boolean cell.

    Raises:
        RowError: it is neither true nor false.
    """
    try:
        return "true" if meanings[text.strip(BLANKS).lower()] else "false"
    except KeyError:
        raise RowError(f"{shown(text)} is neither true nor false") from None


def key_value(schema: Schema, name: str, value: str) -> str:
    """What identifies a key's value: of a number, its canonical form.

    Raises:
        RowError: no item can have it.
    """
    if not value:
        raise RowError(f"has no {schema.column(name)}, which is a key")
    if schema.type_of(name) == "N":
        return canonical(value)
    limit = KEY_BYTES[schema.keys.index(name)]
    if len(value) * 4 > limit and len(value.encode("utf-8", "surrogatepass")) > limit:
        raise RowError(f"{schema.column(name)} is longer than the {limit} bytes that a key may have")
    return value


def check_sizes(texts: Sequence[str]) -> None:
    """Raises a `RowError` if one of the items, given as their JSON texts, is larger than DynamoDB allows."""
    # Each character of a text is at most four bytes of the item.
    if max(map(len, texts)) * 4 <= ITEM_BYTES:
        return
    for text in texts:
        if len(text) * 4 > ITEM_BYTES and (size := _map_size(json.loads(text))) > ITEM_BYTES:
            raise RowError(f"has {size:,} bytes as an item, DynamoDB allows {ITEM_BYTES:,}")


def half_of_character(text: str) -> str:
    """The first lone surrogate in a JSON text; empty if there is none."""
    if "\\ud" not in text:
        return ""
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        return error.object[error.start]
    return ""


def joined(members: Iterable[tuple[str, Iterable[str], str]], ending: str) -> list[str]:
    """The JSON texts of many objects with the same ending.

    Each member is what precedes its values in all of them, the values, and what follows.
    """
    pieces: list[Iterable[str]] = []
    text = ""
    for before, values, after in members:
        pieces += repeat(text + before), values
        text = after
    pieces.append(repeat(text + ending))
    # Not strict: repeated parts are endless. Pairing texts with rows checks that there is one for each.
    return ["".join(parts) for parts in zip(*pieces, strict=False)]


def check_level(level: int, values: Any) -> None:
    """Raises a `RowError` if the values of a list or a map at this level would be too deep."""
    if level >= LEVELS and values:
        raise RowError(f"is nested deeper than {LEVELS} levels")


def shown(value: object) -> str:
    """A value as a reason shows it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def shown_name(name: str) -> str:
    """An attribute's name as a reason shows it."""
    return name if 0 < len(name) <= 60 else shown(name)


class _Names(dict[str, str]):
    """A cache of attribute names as JSON text; a file has few.

    Raises:
        RowError: no attribute can have such a name.
    """

    def __missing__(self, name: str) -> str:
        if not name:
            raise RowError("has an attribute whose name is empty")
        if len(name) * 4 > NAME_BYTES and (size := len(name.encode("utf-8", "surrogatepass"))) > NAME_BYTES:
            raise RowError(f"has an attribute name of {size:,} bytes, DynamoDB allows {NAME_BYTES:,}")
        text = quoted(name) + ":"
        if len(name) <= SURELY_SHORT:  # long ones could fill the memory
            if len(self) > 10_000:
                self.clear()
            self[name] = text
        return text


NAMES = _Names()


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
