import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handlers.importer.items.rules import Item
from tests.handlers.importer.plain_writer import PlainWriter


class Table:
    """boto3's client of a table that refuses what a test says."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}
        self.batches: list[list[str]] = []
        self.refused: set[str] = set()
        self.unprocessed: list[int] = []
        """How many items of each coming batch are not processed."""

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        (puts,) = RequestItems.values()
        ids = [put["PutRequest"]["Item"]["id"]["S"] for put in puts]
        self.batches.append(ids)
        if len(set(ids)) < len(ids) or self.refused & set(ids):
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, "BatchWriteItem")
        left = self.unprocessed.pop(0) if self.unprocessed else 0
        self.items |= {put["PutRequest"]["Item"]["id"]["S"]: put["PutRequest"]["Item"] for put in puts[left:]}
        return {"UnprocessedItems": {"t": puts[:left]} if left else {}}


def item(id_: str, **attributes: Any) -> Item:
    return json.dumps({"id": {"S": id_}, **attributes}), id_, (int(id_), None)


@pytest.fixture
def table() -> Table:
    return Table()


def write(table: Table, items: list[Item], seconds: float = 5) -> tuple[Any, list[int]]:
    rejects: list[int] = []
    outcome = PlainWriter(table, "t").write(
        items, lambda source, _: rejects.append(source[0]), time.monotonic() + seconds
    )
    return outcome, rejects


def test_items_are_written_25_at_a_time(table: Table) -> None:
    outcome, _ = write(table, [item(str(i)) for i in range(60)])
    assert (outcome.written, len(table.items)) == (60, 60)
    assert [len(batch) for batch in table.batches] == [25, 25, 10]


def test_of_equal_keys_the_last_wins(table: Table) -> None:
    outcome, _ = write(table, [item("1", n={"N": str(n)}) for n in range(30)])
    assert outcome.written == 30
    assert table.items["1"]["n"] == {"N": "29"}


def test_what_is_not_processed_is_sent_again(table: Table) -> None:
    table.unprocessed = [20, 3]
    outcome, _ = write(table, [item(str(i)) for i in range(25)])
    assert (outcome.written, outcome.error, len(table.items)) == (25, None, 25)
    assert [len(batch) for batch in table.batches] == [25, 20, 3]


def test_a_refused_item_is_found_and_the_others_are_written(table: Table) -> None:
    table.refused = {"7", "21"}
    outcome, rejects = write(table, [item(str(i)) for i in range(25)])
    assert (outcome.written, outcome.rejected, sorted(rejects)) == (23, 2, [7, 21])
    assert len(table.items) == 23


def test_what_is_throttled_until_the_deadline_is_unwritten(table: Table) -> None:
    table.unprocessed = [1] * 100
    outcome, _ = write(table, [item(str(i)) for i in range(30)], seconds=0)
    assert isinstance(outcome.error, TimeoutError)
    assert (outcome.written, len(outcome.unwritten)) == (0, 25)


def test_binary_reaches_boto3_as_bytes(table: Table) -> None:
    write(table, [item("1", b={"B": "AAE="}, s={"BS": ["AAE="]}, m={"M": {"B": {"S": "text"}}})])
    assert table.items["1"]["b"] == {"B": b"\0\1"}
    assert table.items["1"]["s"] == {"BS": [b"\0\1"]}
    assert table.items["1"]["m"] == {"M": {"B": {"S": "text"}}}


def test_any_other_error_is_raised(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no table"}}, "BatchWriteItem")

    monkeypatch.setattr(table, "batch_write_item", gone)
    with pytest.raises(ClientError, match="no table"):
        write(table, [item("1")])
