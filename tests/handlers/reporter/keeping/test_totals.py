import pytest

from handlers.reporter.keeping.totals import HISTORY, Totals
from handlers.reporter.patience import Patience
from handlers.reporter.report import GroupReport, TableRead, parse, render
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import RA, STAMP


@pytest.fixture
def totals(aws: Aws, patient: Patience) -> Totals:
    return Totals(aws.dynamodb, "RA_totales", "RA", patient)


def group(count: int = 3) -> GroupReport:
    body = render(STAMP, "dev", [RA], {"RA": [TableRead("RA_a", count), TableRead("RA_b", 0, status="CREATING")]})
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
