"""The samples of `examples/`, as the demo and `put --samples` write them, fitted to the keys of any table."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import click

from sluice.cloud.program.project import ROOT

EXAMPLES = ROOT / "examples"

UNMAILABLE = {
    "u-008": "no address",
    "u-118": "no address",
    "u-134": "malformed address",
    "u-166": "malformed address",
    "u-182": "no address",
    "u-227": "local part outside ascii",
}
"""User among the samples -> why they cannot be mailed."""

Item = dict[str, Any]
"""An item as boto3's serializer takes it: numbers are integers or `Decimal`."""
Keys = Mapping[str, str]
"""Attribute of a table's key -> its type, `S`, `N` or `B`; the partition key first."""


def sample(name: str) -> list[Item]:
    """Returns the lines of a file of JSON lines among the examples, with numbers to the digit.

    Raises:
        click.ClickException: The examples are not here: they are not part of the wheel.
    """
    path = EXAMPLES / name
    if not path.is_file():
        raise click.ClickException("the samples are in Sluice's repository: clone it, and run this there")
    return [json.loads(line, parse_float=Decimal) for line in path.read_text("utf-8").splitlines()]


def keys_of(description: Mapping[str, Any]) -> dict[str, str]:
    """Returns the keys of a table from DynamoDB's description."""
    types = {one["AttributeName"]: one["AttributeType"] for one in description["AttributeDefinitions"]}
    return {part["AttributeName"]: types[part["AttributeName"]] for part in description["KeySchema"]}


def fitted(item: Mapping[str, Any], keys: Keys, number: int) -> Item:
    """Returns a sample with a table's keys: its first value as the partition key, and its number as a sort key.

    A key that is a number is that number; a key that the sample has already, in its type, stays.
    """
    (own, text), *_ = item.items()
    partition, *_ = keys
    rest = {name: value for name, value in item.items() if name != own}
    made = {name: key(kind, text if name == partition else str(number), number) for name, kind in keys.items()}
    kept = {name: rest[name] for name, kind in keys.items() if kind == "S" and isinstance(rest.get(name), str)}
    return {**made, **rest, **made, **kept}


def counted_item(number: int, names: Sequence[str], name: str = "name", day: str = "date") -> Item:
    """Returns an item for a counted table, by its number: each is a day older than the one before."""
    on = date(2026, 11, 21) - timedelta(days=number)
    return {"id": f"item-{number}", name: names[number % len(names)], day: on.isoformat()}


def key(kind: str, text: str, number: int) -> Any:
    """Returns the value of a key of this type: a number, a text, or the text as bytes."""
    return number if kind == "N" else text.encode() if kind == "B" else text
