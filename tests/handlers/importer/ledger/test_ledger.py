from typing import Any

import pytest

from handlers.importer.ledger.ledger import Lease, Ledger, LedgerError, Step, SupersededError, Verdict
from handlers.importer.queue.messages import PLAN, File, Task, chunk, plan
from handlers.importer.reading.records import Position
from tests.handlers.importer.cloud import BUCKET, Cloud

FILE = File(BUCKET, "incoming/a.csv", 100, "e1", "v1", "1".zfill(32))
NEWER = FILE._replace(version_id="v2", sequencer="2".zfill(32))
NEWEST = FILE._replace(version_id="v3", sequencer="3".zfill(32))
TASK = chunk(0, Position(0, 1), 100)


@pytest.fixture
def ledger(cloud: Cloud) -> Ledger:
    return cloud.ledger()


def arrive(ledger: Ledger, file: File, cleared: list[Any] | None = None) -> Verdict:
    return ledger.arrive(file, 1, True, lambda *seen: cleared.append(seen) if cleared is not None else None)


def lease(ledger: Ledger, cloud: Cloud, task: Task = TASK, owner: str = "me", file: File = FILE) -> Lease:
    found = ledger.acquire(file, task, owner, cloud.now + 120)
    assert isinstance(found, Lease), found
    return found


def verdict(ledger: Ledger, cloud: Cloud, task: Task = TASK, owner: str = "other") -> Any:
    return ledger.acquire(FILE, task, owner, cloud.now + 120)


def test_a_task_is_one_workers_at_a_time(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    lease(ledger, cloud)
    assert verdict(ledger, cloud) is Verdict.BUSY
    cloud.now += 126
    lease(ledger, cloud, owner="other")


def test_a_lease_goes_on_where_the_task_stands(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    step = Step(Position(40, 5), rows_written=3, bytes_read=40, has_part=True, handed_on=True)
    ledger.count(lease(ledger, cloud), step)
    found = lease(ledger, cloud, owner="other")
    assert (found.position, found.bytes_read, found.parts) == (Position(40, 5), 40, 1)


def test_a_message_whose_work_went_on_in_another_is_stale(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    ledger.count(lease(ledger, cloud), Step(Position(40, 5), handed_on=True))
    ledger.count(lease(ledger, cloud, TASK._replace(hop=1)), Step(Position(50, 6), handed_on=True))
    assert verdict(ledger, cloud, TASK) is Verdict.STALE
    lease(ledger, cloud, TASK._replace(hop=1))  # its own message, delivered again


def test_a_task_that_is_done_stays_done(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    ledger.count(lease(ledger, cloud), Step(Position(100, 9), done=True))
    assert verdict(ledger, cloud) is Verdict.DONE


def test_a_step_is_counted_once(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    mine = lease(ledger, cloud)
    step = Step(Position(40, 5), rows_written=3, rows_rejected=1, bytes_read=40)
    ledger.count(mine, step)
    with pytest.raises(LedgerError, match="the lease on 00000 was lost"):
        ledger.count(mine, step)
    entry = cloud.entry(FILE.key)
    assert (entry["rows_read"], entry["rows_written"], entry["rows_rejected"], entry["bytes_read"]) == (4, 3, 1, 40)


def test_a_worker_that_lost_its_lease_counts_nothing(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    late = lease(ledger, cloud)
    cloud.now += 200
    lease(ledger, cloud, owner="other")
    with pytest.raises(LedgerError):
        ledger.count(late, Step(Position(40, 5), rows_written=3, done=True))
    assert cloud.entry(FILE.key)["rows_written"] == 0


def test_an_import_ends_when_plan_and_chunks_are_done(ledger: Ledger, cloud: Cloud) -> None:
    ledger.arrive(FILE, 9, False, lambda *_: None)
    first = chunk(0, Position(0, 1), 50)
    ledger.count(lease(ledger, cloud, first), Step(Position(50, 5), rows_rejected=1, done=True))
    assert ledger.finish(FILE) == ""
    ledger.count(lease(ledger, cloud, plan(100)), Step(Position(50, 5), number=1, done=True))
    assert ledger.finish(FILE) == "PARTIAL"
    assert ledger.finish(FILE) == ""
    assert cloud.entry(FILE.key)["chunks_total"] == 1
    assert plan(100).name == PLAN


def test_a_newer_version_waits_for_a_lease_and_no_new_one_is_given(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    mine = lease(ledger, cloud)
    assert arrive(ledger, NEWER) is Verdict.WAIT
    assert verdict(ledger, cloud, chunk(1, Position(50, 5), 100)) is Verdict.SUPERSEDED
    with pytest.raises(SupersededError):
        ledger.count(mine, Step(Position(40, 5), rows_written=3))
    assert cloud.entry(FILE.key)["rows_written"] == 3
    assert arrive(ledger, NEWER) is Verdict.GO
    old, new = cloud.entries(FILE.key)
    assert (old["status"], old["error"]) == ("FAILED", "a newer version of the object is imported instead")
    assert new["status"] == "RUNNING"


def test_the_last_step_counts_even_if_a_newer_version_waits(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    mine = lease(ledger, cloud)
    arrive(ledger, NEWER)
    ledger.count(mine, Step(Position(100, 9), rows_written=9, done=True))
    assert ledger.finish(FILE) == "SUCCEEDED"


def test_of_those_that_wait_only_the_newest_is_imported(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    lease(ledger, cloud)
    assert arrive(ledger, NEWEST) is Verdict.WAIT
    assert arrive(ledger, NEWER) is Verdict.LATE
    cloud.now += 126
    assert arrive(ledger, NEWEST) is Verdict.GO
    assert arrive(ledger, NEWER) is Verdict.LATE
    assert arrive(ledger, FILE) is Verdict.LATE


def test_content_that_returns_while_another_waits_is_imported_anew(ledger: Ledger, cloud: Cloud) -> None:
    plain = [file._replace(version_id="", etag=etag) for file, etag in ((FILE, "e1"), (NEWER, "e2"), (NEWEST, "e1"))]
    arrive(ledger, plain[0])
    lease(ledger, cloud, file=plain[0])
    assert arrive(ledger, plain[1]) is Verdict.WAIT
    assert arrive(ledger, plain[2]) is Verdict.WAIT
    cloud.now += 126
    assert arrive(ledger, plain[1]) is Verdict.LATE
    assert arrive(ledger, plain[2]) is Verdict.GO


def test_a_late_announcement_does_not_undo_one_that_changed_nothing(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    assert arrive(ledger, FILE._replace(sequencer=NEWEST.sequencer)) is Verdict.SAME
    assert arrive(ledger, NEWER) is Verdict.LATE


def test_the_rejects_of_the_import_before_are_cleared_once_it_has_stopped(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    ledger.count(lease(ledger, cloud), Step(Position(40, 5), has_part=True, handed_on=True))
    cleared: list[Any] = []
    arrive(ledger, NEWER, cleared)
    assert cleared == [("00000", 2)]  # one more than is counted: a killed worker may have written it


def test_tasks_expire_and_nothing_else_does(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, FILE)
    lease(ledger, cloud)
    items = cloud.dynamodb.scan(TableName="ledger")["Items"]
    expiring = {item["version"]["S"]: int(item["expires_at"]["N"]) for item in items if "expires_at" in item}
    assert expiring == {f"v1#{FILE.sequencer}#00000": int(cloud.now) + 30 * 86_400}
    assert [item["version"]["S"] for item in items if "status" in item] == ["v1"]
