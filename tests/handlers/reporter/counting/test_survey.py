import pytest

from handlers.reporter.counting.newest import Listing
from handlers.reporter.counting.survey import survey
from handlers.reporter.handler import _deadlines
from handlers.shared.deadlines import Deadlines
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import RA, VR, error

LISTING = Listing("name", "date", 2)


def test_tables_are_counted_by_group(aws: Aws, deadlines: Deadlines) -> None:
    aws.table("RA_b", 3)
    aws.table("RA_a", 1)
    found = survey(aws.dynamodb, (RA, VR), LISTING, 1000, deadlines)
    assert [(table.name, table.total) for table in found.groups["RA"]] == [("RA_a", 1), ("RA_b", 3)]
    assert found.groups["VR"] == []
    assert (found.units, found.failures) == (2.0, [])


@pytest.mark.parametrize(
    ("status", "count"),
    [
        ("CREATING", 0),  # a restored one too
        ("DELETING", 0),
        ("ARCHIVING", 1),
        ("ARCHIVED", 1),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", 1),
        ("A_STATUS_OF_TOMORROW", 1),
    ],
)
def test_a_status_that_forbids_reading_is_reported_without_a_scan(
    aws: Aws, deadlines: Deadlines, status: str, count: int
) -> None:
    aws.table("RA_a", 1)
    aws.dynamodb.statuses["RA_a"] = status
    found = survey(aws.dynamodb, (RA,), LISTING, 1000, deadlines)
    [table] = found.groups["RA"]
    assert (table.status, table.total, found.failures) == (status, count, [])
    assert "Scan" not in {operation for operation, _ in aws.faults.seen}


def test_what_cannot_be_described_is_a_failure_and_what_is_gone_or_forbidden_is_none(
    aws: Aws, deadlines: Deadlines
) -> None:
    for name in ("RA_gone", "RA_locked", "RA_odd"):
        aws.table(name)
    aws.faults.on("DescribeTable", "RA_locked", error("DescribeTable", "AccessDeniedException", 400))
    aws.faults.on("DescribeTable", "RA_gone", error("DescribeTable", "ResourceNotFoundException", 400))
    aws.faults.on("DescribeTable", "RA_odd")
    found = survey(aws.dynamodb, (RA,), LISTING, 1000, deadlines)
    assert [table.status for table in found.groups["RA"]] == ["VANISHED", "UNREADABLE", "FAILED"]
    assert [failure.split(":")[0] for failure in found.failures] == ["RA_odd"]
    words = "Fake DescribeTable failed: AccessDeniedException: as the test wants it (status 400, request id )"
    assert found.refusals == {"RA_locked": words}


def test_composite_keys_are_shown_whole(aws: Aws, deadlines: Deadlines) -> None:
    aws.table("RA_a", key=[("id", "HASH"), ("at", "RANGE")])
    aws.tables.put_item(TableName="RA_a", Item={"id": {"S": "a"}, "at": {"S": "b"}, "name": {"S": "n"}})
    [table] = survey(aws.dynamodb, (RA,), LISTING, 1000, deadlines).groups["RA"]
    assert [item.key for item in table.items] == [{"id": {"S": "a"}, "at": {"S": "b"}}]


def test_a_run_that_is_out_of_time_counts_what_dynamodb_says(aws: Aws) -> None:
    aws.table("RA_a", 3)
    [table] = survey(aws.dynamodb, (RA,), LISTING, 1000, _deadlines(0)).groups["RA"]
    assert (table.total, table.approximate) == (3, True)
