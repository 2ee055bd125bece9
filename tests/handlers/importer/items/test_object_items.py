import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import Number
from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import ITEM_BYTES, Schema
from handlers.importer.items.transform import Rejected
from handlers.importer.reading.json_text import decode
from tests.handlers.importer.making import SCHEMA, item

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=5), JSON_VALUES, max_size=5))
def test_what_sdk_readers_get_is_what_the_row_says(row: dict[str, Any]) -> None:
    row = {**row, "id": "a"}
    stored = item(row)
    read = {name: TypeDeserializer().deserialize(value) for name, value in stored.items()}
    assert read == row


MEMBERS = st.sampled_from(
    ["a", "", 'q"', "\ud800", 7, 10**60, Number("0.5"), Number("1e999"), True, None, [1], {"S": "x"}]
)


@settings(deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"id": MEMBERS, "n": MEMBERS, "v": MEMBERS}), min_size=1, max_size=4),
    st.sampled_from([Schema(("id",), {}), Schema(("id",), {"id": "N"}), Schema(("id", "n"), {"n": "N"})]),
)
def test_objects_that_are_alike_become_what_each_would_alone(rows: list[dict[str, Any]], schema: Schema) -> None:
    made = ObjectItems(schema).items(rows)
    assert made is None or list(zip(*made, strict=True)) == [ObjectItems(schema).item(row) for row in rows]


def test_objects_that_are_alike_are_made_together() -> None:
    rows = [{"id": f"a{i}", "n": i, "p": Number("0.5"), "s": 'é"', "b": True} for i in range(3)]
    assert ObjectItems(SCHEMA).items(rows)


def test_halves_of_characters_are_found_among_objects_that_are_alike() -> None:
    whole = [{"id": "a", "s": "\U0001f600"}, {"id": "b", "s": "\U0001f601"}]
    assert ObjectItems(SCHEMA).items(whole)
    assert ObjectItems(SCHEMA).items([*whole, {"id": "c", "s": "\ud83d"}]) is None


def test_long_names_are_not_remembered() -> None:
    items = ObjectItems(SCHEMA)
    tracemalloc.start()
    for number in range(300):
        items.item({"id": "a", f"{number:060000d}": 1})
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 5 * 60_000


@pytest.mark.parametrize("odd", [{"id": "b", "m": 1}, {"id": "b"}, {"n": 1, "id": "b"}, {"id": "", "n": 1}, [], "b"])
def test_objects_that_are_not_alike_are_not(odd: Any) -> None:
    assert ObjectItems(SCHEMA).items([{"id": "a", "n": 1}, odd]) is None


def test_numbers_keep_every_digit() -> None:
    row = decode('{"id": "a", "n": [0.1, 1e-7, 12345678901234567890123456789012345678, -0.50, 100]}')
    values = [value["N"] for value in item(row)["n"]["L"]]
    assert values == ["0.1", "1e-7", "12345678901234567890123456789012345678", "-0.50", "100"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([1], "^is an array, not an object"),
        (1, "^is not an object"),
        ({"name": "x"}, "has no id, which is a key"),
        ({"id": ""}, "has no id, which is a key"),
        ({"id": None}, "has no id, which is a key"),
        ({"id": True}, "id is a key and must be a string or a number"),
        ({"id": {"x": "a"}}, "id is a key and must be a string or a number"),
        ({"id": {"S": "a", "N": "1"}}, "id is a key and must be a string or a number"),
        ({"id": ["a"]}, "id is a key and must be a string or a number"),
        ({"id": "é" * 1025}, "id is longer than the 2048 bytes"),
        ({"id": "a", "n": 10**38 + 1}, "^n: '1.*' has 39 digits"),
        ({"id": "a", "b": 1, "n": [{"m": Number("1E400")}]}, "^n: '1E400' is out of DynamoDB's range"),
        ({"id": "a", "n": 0.5}, "^n: 0.5 is a float, which an item cannot hold exactly"),
        ({"id": "a", "": 1}, "^has an attribute whose name is empty"),
        ({"id": "a", "m": [{"": 1}]}, "^m: has an attribute whose name is empty"),
        ({"id": "a", "é" * 32_768: 1}, "^has an attribute name of 65,536 bytes, DynamoDB allows 65,535"),
        ({"id": "a", "m": {"é" * 32_768: 1}}, "^m: has an attribute name of 65,536 bytes, DynamoDB allows 65,535"),
        ({"id": "a", "text": "x" * ITEM_BYTES}, "DynamoDB allows 409,600"),
        ({"id": "a", "text": "\ud800"}, r"half of a character: \\ud800"),
        ({"id": "a", "text": "caf\udce9"}, r"half of a character: \\udce9"),
    ],
)
def test_a_row_that_cannot_be_an_item_is_refused_with_the_reason(row: Any, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        item(row)


def test_a_name_may_have_65_535_bytes() -> None:
    name = "é" * 32_767 + "x"
    assert item({"id": "a", name: True}) == {"id": {"S": "a"}, name: {"BOOL": True}}


def test_a_value_may_lie_at_level_32_and_no_deeper() -> None:
    def nested(levels: int) -> Any:
        value: Any = "leaf"
        for _ in range(levels - 1):
            value = {"n": value}
        return {"id": "a", "n": value}

    item(nested(32))
    with pytest.raises(RowError, match="nested deeper than 32 levels"):
        item(nested(33))


def test_a_transform_makes_the_item() -> None:
    def tidy(row: dict[str, Any]) -> dict[str, Any] | Rejected:
        if row["kind"] != "customer":
            return Rejected("not a customer")
        return {"id": row["id"].lower(), "price": Decimal("1.50"), "n": row["n"]}

    assert item({"id": "A", "kind": "customer", "n": Number("0.1")}, transform=tidy) == {
        "id": {"S": "a"},
        "price": {"N": "1.50"},
        "n": {"N": "0.1"},
    }
    with pytest.raises(RowError, match="not a customer"):
        item({"id": "A", "kind": "staff"}, transform=tidy)
    place = r"\(tests/handlers/importer/items/test_object_items\.py, line \d+\)"
    with pytest.raises(RowError, match=rf"the transform failed: KeyError: 'kind' {place}"):
        item({"id": "A"}, transform=tidy)


def test_a_transform_that_returns_nothing_rejects_the_row() -> None:
    with pytest.raises(RowError, match="the transform returned NoneType, not a dict"):
        item({"id": "a"}, transform=lambda row: None)  # pyright: ignore[reportArgumentType] - that is the mistake
