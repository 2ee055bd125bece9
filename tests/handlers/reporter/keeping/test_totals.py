import pytest

from handlers.reporter.keeping.totals import HISTORY, Totals
from handlers.reporter.report import GroupReport, Table, parse, render
from handlers.shared.deadlines import Deadlines
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import RA, STAMP


@pytest.fixture
def totals(aws: Aws, deadlines: Deadlines) -> Totals:
    return Totals(aws.dynamodb, "RA_totales", "RA", deadlines)


def group(count: int = 3) -> GroupReport:
    body = render(STAMP, "dev", [RA], {"RA": [Table("RA_a", count), Table("RA_b", 0, status="CREATING")]})
    return parse(body).groups[0]


def test_a_row_is_the_contract(aws: Aws, totals: Totals) -> None:
    totals.put(group(), STAMP, 1798621500)
    assert aws.rows() == [
        {
            "group": {"S": "RA"},
            "generated_at": {"S": STAMP},
            "total": {"N": "3"},
            "tables": {"M": {"RA_a": {"N": "3"}}},
            "expires_at": {"N": "1798621500"},
        }
    ]


def large(tables: int, longest: int = 249) -> GroupReport:
    reads = [Table(f"RA_{number:05}".ljust(longest, "x"), number) for number in range(tables)]
    return parse(render(STAMP, "dev", [RA], {"RA": reads})).groups[0]


@pytest.mark.parametrize(("tables", "truncated"), [(1098, False), (1099, True), (2500, True)])
def test_a_row_stays_below_what_dynamodb_takes_and_says_where_it_is_cut(
    aws: Aws, totals: Totals, tables: int, truncated: bool
) -> None:
    group = large(tables)
    totals.put(group, STAMP, 1)
    [row] = aws.rows()
    kept = row["tables"]["M"]
    assert sum(len(name) + 24 for name in kept) <= 300_000
    assert sorted(int(count["N"]) for count in kept.values()) == list(range(tables))[-1098:]
    assert row["total"] == {"N": str(tables * (tables - 1) // 2)}
    assert row.get("tables_truncated") == ({"BOOL": True} if truncated else None)
    [past] = totals.before("2026-11-21T09:10:00Z")
    assert (past.truncated, len(past.tables)) == (truncated, 1098)


def test_a_row_that_is_written_again_whole_is_truncated_no_more(aws: Aws, totals: Totals) -> None:
    for tables in (1200, 2):
        totals.put(large(tables), STAMP, 1)
    [row] = aws.rows()
    assert ("tables_truncated" in row, len(row["tables"]["M"])) == (False, 2)


def test_the_tables_of_a_cut_row_are_the_same_whatever_their_order(aws: Aws, totals: Totals) -> None:
    reads = [Table(f"RA_{number:05}".ljust(249, "x"), 7) for number in range(1200)]
    for stamp, order in (("2026-11-21T09:00:00Z", reads), (STAMP, reads[::-1])):
        totals.put(parse(render(stamp, "dev", [RA], {"RA": order})).groups[0], stamp, 1)
    for row in aws.rows():
        assert sorted(row["tables"]["M"]) == [read.name for read in reads[:1098]]


def test_a_repeated_run_writes_the_same_row(aws: Aws, totals: Totals) -> None:
    for count in (3, 4):
        totals.put(group(count), STAMP, 1)
    assert [row["total"] for row in aws.rows()] == [{"N": "4"}]


def test_the_history_is_what_was_before_oldest_first(totals: Totals) -> None:
    for minute in (10, 0, 5, 15):
        totals.put(group(minute), f"2026-11-21T09:{minute:02}:00Z", 1)
    history = totals.before("2026-11-21T09:10:00Z")
    assert [(row.generated_at, row.total, row.tables) for row in history] == [
        ("2026-11-21T09:00:00Z", 0, {"RA_a": 0}),
        ("2026-11-21T09:05:00Z", 5, {"RA_a": 5}),
    ]


def test_the_history_is_the_latest_part_of_a_long_past(totals: Totals) -> None:
    for minute in range(HISTORY + 5):
        totals.put(group(minute), f"2026-11-21T09:{minute:02}:00Z", 1)
    history = totals.before("2026-11-21T10:00:00Z")
    assert [row.total for row in history] == list(range(5, HISTORY + 5))
