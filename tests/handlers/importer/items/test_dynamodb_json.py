from typing import Any

import pytest

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import Number
from tests.handlers.importer.making import item


def test_dynamodb_json_keeps_its_types() -> None:
    stored = {
        "id": {"S": "a"},
        "n": {"N": "1.50"},
        "b": {"B": "AAE="},
        "flags": {"L": [{"BOOL": True}, {"NULL": True}]},
        "m": {"M": {"ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": ["AA=="]}}},
    }
    assert item({"Item": stored}) == stored


def test_an_item_attribute_among_others_is_an_ordinary_one() -> None:
    assert item({"id": "a", "Item": {"x": "y"}})["Item"] == {"M": {"x": {"S": "y"}}}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("plain", "is not a value of DynamoDB JSON"),
        ({"S": "a", "N": "1"}, "is not a value of DynamoDB JSON"),
        ({"X": "a"}, "is not a value of DynamoDB JSON"),
        ({"S": 5}, "5 cannot be a S"),
        ({"N": 5}, "5 cannot be a N"),
        ({"N": "five"}, "is not a number"),
        ({"BOOL": "true"}, "cannot be a BOOL"),
        ({"NULL": False}, "cannot be a NULL"),
        ({"B": "?"}, "is not base64"),
        ({"B": 1}, "cannot be a B"),
        ({"S": Number("1.5")}, "cannot be a S"),
        ({"N": Number("1.5")}, "cannot be a N"),
        ({"L": "x"}, "cannot be a L"),
        ({"L": {}}, "cannot be a L"),
        ({"L": ""}, "cannot be a L"),
        ({"M": ["x"]}, "cannot be a M"),
        ({"SS": "ab"}, "cannot be a SS"),
        ({"SS": {"a": 1}}, "cannot be a SS"),
        ({"SS": [Number("1.5")]}, "cannot be a SS"),
        ({"NS": "12"}, "cannot be a NS"),
        ({"NS": [Number("1.5")]}, "cannot be a NS"),
        ({"BS": {"AAAA": 1}}, "cannot be a BS"),
        ({"SS": []}, "has a set that is empty or repeats a value"),
        ({"NS": ["1", "1.0"]}, "has a set that is empty or repeats a value"),
    ],
)
def test_dynamodb_json_that_dynamodb_would_refuse_is_rejected(value: Any, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        item({"Item": {"id": {"S": "a"}, "x": value}})


def test_a_key_of_another_type_in_dynamodb_json_is_rejected() -> None:
    with pytest.raises(RowError, match="has no id of type S"):
        item({"Item": {"id": {"N": "1"}}})
