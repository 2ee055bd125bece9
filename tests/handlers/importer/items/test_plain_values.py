"""Values as Python has them, as DynamoDB JSON."""

import json
from decimal import Decimal
from typing import Any

import pytest

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import Number
from handlers.importer.items.plain_values import plain_column, plain_object

VALUES = [
    ("é", {"S": "é"}),
    ("", {"S": ""}),
    (1, {"N": "1"}),
    (-(10**30), {"N": "-1000000000000000000000000000000"}),
    (Number("1.50"), {"N": "1.50"}),
    (Decimal("0.1"), {"N": "0.1"}),
    (True, {"BOOL": True}),
    (False, {"BOOL": False}),
    (None, {"NULL": True}),
    ([1, "a"], {"L": [{"N": "1"}, {"S": "a"}]}),
    ({"b": [{}]}, {"M": {"b": {"L": [{"M": {}}]}}}),
]


@pytest.mark.parametrize(("value", "stored"), VALUES)
def test_a_value_is_written_with_its_type(value: Any, stored: dict[str, Any]) -> None:
    assert json.loads(plain_object({"a": value}, 1)) == {"a": stored}


@pytest.mark.parametrize(("value", "stored"), VALUES)
def test_a_column_of_values_is_written_as_each_alone(value: Any, stored: dict[str, Any]) -> None:
    before, texts, after = plain_column("{", "a", [value, value], {type(value)})
    assert [json.loads(f"{before}{text}{after}}}") for text in texts] == [{"a": stored}] * 2


def test_a_column_of_several_types_is_written_as_each_alone() -> None:
    values = [value for value, _ in VALUES]
    before, texts, after = plain_column("{", "a", values, set(map(type, values)))
    assert [f"{before}{text}{after}}}" for text in texts] == [plain_object({"a": value}, 1) for value in values]


@pytest.mark.parametrize("value", [1.5, (1,), {1}, b"x", object()])
def test_what_an_item_cannot_hold_exactly_is_refused(value: Any) -> None:
    with pytest.raises(RowError, match="which an item cannot hold exactly"):
        plain_object({"a": value}, 1)
