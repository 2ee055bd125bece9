from typing import Any

import pytest

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import Number
from handlers.importer.items.object_items import RemovedError
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


STORED = {"id": {"S": "a"}, "n": {"N": "1.50"}, "m": {"M": {"l": {"L": [{"NULL": True}]}}}}


@pytest.mark.parametrize(
    "row",
    [
        STORED,
        {"Item": STORED},
        {"Metadata": {"WriteTimestampMicros": {"N": "1"}}, "Keys": {"id": {"S": "a"}}, "NewImage": STORED},
        {"Metadata": {}, "Keys": {"id": {"S": "a"}}, "NewImage": STORED, "OldImage": {"id": {"S": "a"}}},
    ],
)
@pytest.mark.parametrize("dynamodb_json", [True, False])
def test_each_of_dynamodbs_own_forms_is_told(row: Any, dynamodb_json: bool) -> None:
    assert item(row, dynamodb_json=dynamodb_json) == STORED


@pytest.mark.parametrize("images", [{}, {"OldImage": {"id": {"S": "a"}}}])
@pytest.mark.parametrize("transform", [None, lambda row: row["NewImage"]])
def test_a_row_without_a_new_image_says_that_an_item_was_removed(images: Any, transform: Any) -> None:
    row = {"Metadata": {"WriteTimestampMicros": {"N": "1"}}, "Keys": {"id": {"S": "a"}}, **images}
    with pytest.raises(RemovedError):
        item(row, transform=transform)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "a", "Keys": {"id": {"S": "a"}}, "Metadata": {}},
        {"id": "a", "Keys": {}, "NewImage": {"id": {"S": "b"}}},
        {"id": "a", "Item": {"id": {"S": "b"}}},
        {"id": "a", "n": {"N": "5"}, "m": {"S": "x"}},
    ],
)
def test_a_row_that_has_a_key_of_its_own_is_an_ordinary_one(row: Any) -> None:
    assert item(row)["id"] == {"S": "a"}
    assert all(set(value) == {"M"} for name, value in item(row).items() if name != "id")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": {"S": "a"}, "n": 5}, "^n: 5 is not a value of DynamoDB JSON"),
        ({"id": {"S": "a"}, "n": {"N": "five"}}, "^n: 'five' is not a number"),
        ({"id": {"N": "1"}, "n": {"N": "5"}}, "^has no id of type S, which is a key"),
        ({"id": {"S": "a"}, "": {"N": "5"}}, "^has an attribute whose name is empty"),
        ({"Metadata": {}, "Keys": {}, "NewImage": {"n": {"N": "5"}}}, "^has no id of type S, which is a key"),
    ],
)
def test_a_row_that_is_dynamodb_json_in_part_is_rejected(row: Any, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        item(row)


def test_where_all_is_dynamodb_json_a_plain_row_is_rejected() -> None:
    with pytest.raises(RowError, match="has no id of type S, which is a key"):
        item({"id": "a"}, dynamodb_json=True)
    with pytest.raises(RowError, match=r"^n: 5 is not a value of DynamoDB JSON"):
        item({"id": {"S": "a"}, "n": 5}, dynamodb_json=True)


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
