import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.counting.newest import Listing
from handlers.reporter.counting.plan import Description, Reading
from handlers.reporter.counting.reading import Spending, consumed_units, failed, read, unread
from handlers.reporter.report import Table
from handlers.shared.aws.errors import AwsError
from tests.handlers.reporter.fakes import Pages, error, unhurried

LISTING = Listing("name", "date", 2)
GONE = error("Scan", "ResourceNotFoundException", 400)


def rows(count: int, day: int = 1) -> list[dict[str, Any]]:
    return [{"id": {"S": str(number)}, "date": {"S": f"2026-01-{day:02}"}} for number in range(count)]


def reading(name: str, segments: int = 1, units: float | None = None, items: int = 0) -> Reading:
    return Reading(Description(name, "ACTIVE", 0, items, ("id",)), segments, units)


def spending(units: float = 10**9, seconds: float = 60) -> Spending:
    return Spending(units, time.monotonic() + seconds)


def results(client: Pages, *readings: Reading, spent: Spending | None = None) -> dict[str, Table]:
    return {table.name: table for table, _ in read(client, readings, LISTING, spent or spending())}


def test_all_pages_of_all_segments_are_counted() -> None:
    client = Pages({"a": [[rows(3), rows(2)], [rows(0), rows(4)]], "b": [[rows(1)]]})
    found = results(client, reading("a", segments=2, items=1), reading("b"))
    assert {name: (table.total, table.approximate) for name, table in found.items()} == {
        "a": (9, False),
        "b": (1, False),
    }


def test_the_newest_items_of_all_segments_are_kept() -> None:
    client = Pages({"a": [[rows(1, day=3), rows(5, day=1)], [rows(5, day=2)]]})
    assert [item.date for item in results(client, reading("a", segments=2))["a"].items] == [
        {"S": "2026-01-03"},
        {"S": "2026-01-02"},
    ]


def test_only_key_name_and_date_are_asked_for_whatever_they_are_called() -> None:
    client = Pages({"a": [[[]]]})
    described = Description("a", "ACTIVE", 0, 0, ("name", "sort key"))
    list(read(client, [Reading(described, 1, None)], Listing("name", "a.b", 1), spending()))
    [asked] = client.asked
    names = asked["ExpressionAttributeNames"]
    assert [names[alias] for alias in asked["ProjectionExpression"].split(",")] == ["name", "sort key", "a.b"]
    assert asked["ReturnConsumedCapacity"] == "TOTAL"


def test_where_no_items_are_wanted_dynamodb_counts() -> None:
    client = Pages({"a": [[rows(3), rows(2)]]})
    [(table, _)] = read(client, [reading("a")], Listing("name", "date", 0), spending())
    assert (table.total, list(table.items)) == (5, [])
    assert {asked["Select"] for asked in client.asked} == {"COUNT"}


def test_a_table_cut_off_has_dynamodbs_count_and_a_sample() -> None:
    client = Pages({"a": [[rows(3)] * 10]})
    spent = spending(units=200)
    table = results(client, reading("a", items=29), spent=spent)["a"]
    assert (table.total, table.approximate, len(table.items)) == (29, True, 2)
    assert spent.spent == 256


def test_a_table_cut_off_never_counts_less_than_was_seen() -> None:
    client = Pages({"a": [[rows(3)] * 10]})
    assert results(client, reading("a", items=0), spent=spending(units=200))["a"].total == 6


def test_no_page_is_asked_for_once_the_budget_is_spent_to_the_unit() -> None:
    client = Pages({"a": [[rows(1)] * 3]})
    table = results(client, reading("a", items=9), spent=spending(units=256))["a"]
    assert (len(client.asked), table.total, table.approximate) == (2, 9, True)


def test_no_page_is_asked_for_once_a_tables_share_is_spent_to_the_unit() -> None:
    client = Pages({"a": [[rows(1)] * 3]})
    table = results(client, reading("a", units=256, items=9))["a"]
    assert (len(client.asked), table.total, table.approximate) == (2, 9, True)


def test_a_table_stops_at_its_own_share_and_leaves_the_rest_to_others() -> None:
    client = Pages({"a": [[rows(1)] * 10], "b": [[rows(1)] * 3]})
    found = results(client, reading("a", units=128, items=10), reading("b"))
    assert (found["a"].total, found["a"].approximate) == (10, True)
    assert (found["b"].total, found["b"].approximate) == (3, False)


def test_a_table_that_the_plan_leaves_out_is_not_asked_for() -> None:
    client = Pages({})
    table = results(client, reading("a", segments=0, units=0, items=7))["a"]
    assert (table.total, table.approximate, table.items) == (7, True, [])


def test_a_last_page_that_passes_the_budget_leaves_the_count_exact() -> None:
    client = Pages({"a": [[rows(1), rows(1)]]})
    assert not results(client, reading("a"), spent=spending(units=129))["a"].approximate


def test_reading_stops_at_the_deadline() -> None:
    client = Pages({"a": [[rows(1)] * 3]})
    table = results(client, reading("a", items=3), spent=spending(seconds=-1))["a"]
    assert (table.total, table.approximate, client.asked) == (3, True, [])


def test_a_table_that_vanishes_in_mid_run_leaves_the_others_exact() -> None:
    client = Pages({"a": [[rows(3), GONE], [rows(1)] * 50], "b": [[rows(1)] * 5]})
    found = results(client, reading("a", segments=2, items=9), reading("b"))
    assert (found["a"].status, found["a"].total, found["a"].approximate) == ("VANISHED", 0, False)
    assert (found["b"].status, found["b"].total) == (None, 5)
    assert len(client.asked) < 20


def test_a_table_that_refuses_says_so_and_leaves_the_others_exact() -> None:
    refusal = error("Scan", "AccessDeniedException", 400)
    client = Pages({"a": [[rows(3), refusal]], "b": [[rows(1)]]})
    found = {
        table.name: (table, cause) for table, cause in read(client, [reading("a"), reading("b")], LISTING, spending())
    }
    table, cause = found["a"]
    assert (table.status, table.total, table.approximate, cause) == ("UNREADABLE", 3, True, refusal)
    assert found["b"] == (Table("b", 1, items=found["b"][0].items), None)


@pytest.mark.parametrize(
    ("status", "count", "approximate"), [("CREATING", 0, False), ("DELETING", 0, False), ("ARCHIVED", 5, True)]
)
def test_a_table_that_cannot_be_read_is_reported_with_its_status(status: str, count: int, approximate: bool) -> None:
    table = unread(Description("a", status, 100, 5))
    assert (table.status, table.total, table.approximate) == (status, count, approximate)


def test_a_table_that_cannot_be_described_is_gone_or_unreadable() -> None:
    assert failed("a", GONE) == Table("a", 0, status="VANISHED")
    refusal = error("DescribeTable", "AccessDeniedException", 400)
    assert failed("a", refusal) == Table("a", 0, approximate=True, status="UNREADABLE")


@pytest.mark.parametrize(
    "failure",
    [
        error(),
        error(code="RequestTimeout", status=0),
        error(code="ServiceUnavailable", status=503),
        error(code="ExpiredTokenException", status=400),
        error(code="UnrecognizedClientException", status=400),
    ],
)
def test_an_outage_or_a_refusal_of_the_caller_is_no_refusal_of_the_table(failure: AwsError) -> None:
    assert failed("a", failure) == Table("a", 0, approximate=True, status="FAILED")


def test_consumed_units_are_what_dynamodb_says() -> None:
    assert consumed_units({"ConsumedCapacity": {"TableName": "a", "CapacityUnits": 128.5}}) == 128.5


TABLES = st.lists(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), min_size=1, max_size=4), min_size=1, max_size=6
)


@unhurried
@given(TABLES, st.integers(1, 3000))
def test_at_most_one_page_a_segment_is_read_beyond_the_budget(tables: list[list[list[int]]], units: int) -> None:
    client = Pages({str(at): [[rows(count) for count in pages] for pages in table] for at, table in enumerate(tables)})
    spent = spending(units)
    truth = {str(at): sum(map(sum, table)) for at, table in enumerate(tables)}
    readings = [reading(str(at), segments=len(table), items=truth[str(at)]) for at, table in enumerate(tables)]
    found = results(client, *readings, spent=spent)
    assert {name: table.total for name, table in found.items()} == truth
    assert spent.spent <= units + 128 * sum(map(len, tables))
    pages = sum(len(pages) for table in tables for pages in table)
    assert spent.spent == 128 * len(client.asked)
    assert any(table.approximate for table in found.values()) == (len(client.asked) < pages)


def test_errors_carry_no_retry_of_their_own() -> None:
    client = Pages({"a": [[error("Scan", "ThrottlingException", 400)]]})
    [(table, cause)] = read(client, [reading("a", items=4)], LISTING, spending())
    assert isinstance(cause, AwsError)
    assert (table.total, len(client.asked)) == (4, 1)
