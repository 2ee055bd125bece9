import pytest

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import Number
from handlers.importer.items.rules import ITEM_BYTES, Schema
from tests.handlers.importer.making import item, key


def test_the_size_is_counted_as_dynamodb_counts_it() -> None:
    # Escapes make the text larger than the item: "é" has two bytes there and six in the text.
    text = "é" * ((ITEM_BYTES - len("id" + "a" + "text")) // 2)
    assert item({"id": "a", "text": text})["text"] == {"S": text}
    with pytest.raises(RowError, match=r"has 409,60\d bytes as an item"):
        item({"id": "a", "text": text + "é"})


def test_the_size_of_every_type_counts() -> None:
    kinds = [
        {"L": [{"N": "-12345"}, {"NULL": True}]},
        {"M": {"b": {"B": "AAAA"}}},
        {"SS": ["ab", "c"]},
        {"NS": ["1", "20"]},
        {"BS": ["AAAA"]},
        {"BOOL": False},
    ]
    sizes = [3 + 2 + 5 + 1, 3 + 1 + 1 + 3, 3, 2 + 2, 3, 1]
    for kind, size in zip(kinds, sizes, strict=True):
        free = ITEM_BYTES - len("id" + "a" + "t" + "k") - size
        for extra in (0, 1):
            stored = {
                "id": {"S": "a"},
                "k": kind,
                "t": {"S": "é" * ((free + extra) // 2) + "x" * ((free + extra) % 2)},
            }
            if extra:
                with pytest.raises(RowError, match="has 409,601 bytes"):
                    item({"Item": stored})
            else:
                assert item({"Item": stored}) == stored


def test_a_key_gets_the_type_of_its_column() -> None:
    assert item({"id": 5})["id"] == {"S": "5"}
    assert item({"id": "5"}, Schema(("id",), {"id": "N"}))["id"] == {"N": "5"}
    with pytest.raises(RowError, match="'five' is not a number"):
        item({"id": "five"}, Schema(("id",), {"id": "N"}))


def test_keys_that_are_one_in_dynamodb_are_equal() -> None:
    numbers = Schema(("id", "at"), {"at": "N"})
    assert key({"id": "a", "at": 1}, numbers) == key({"id": "a", "at": Number("1.0")}, numbers) == ("a", "1")
    assert key({"id": "1"}) != key({"id": "1.0"})


def test_a_sort_key_may_have_half_the_bytes() -> None:
    schema = Schema(("id", "at"), {})
    item({"id": "x" * 2048, "at": "x" * 1024}, schema)
    with pytest.raises(RowError, match="at is longer than the 1024 bytes"):
        item({"id": "a", "at": "x" * 1025}, schema)
