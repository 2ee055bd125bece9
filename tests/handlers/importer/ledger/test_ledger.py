import pytest

from handlers.importer.ledger import entries
from handlers.importer.ledger.entries import Lease, Step
from handlers.importer.ledger.ledger import Counted, Ledger, LedgerError, Refusal, Verdict
from handlers.importer.ledger.table import LedgerTable
from handlers.importer.queue.messages import PLAN, File, Task, chunk, plan
from handlers.importer.reading.records import Position
from handlers.shared.aws.errors import AwsError
from tests.handlers.importer.cloud import BUCKET, LEDGER, Cloud

FILE = File(BUCKET, "incoming/a.csv", 100, "e1", "v1", "1".zfill(32))
NEWER = FILE._replace(version_id="v2", sequencer="2".zfill(32))
NEWEST = FILE._replace(version_id="v3", sequencer="3".zfill(32))
TASK = chunk(0, Position(0, 1), 100)


@pytest.fixture
def ledger(cloud: Cloud) -> Ledger:
    return cloud.ledger()


def arrive(ledger: Ledger, cloud: Cloud, file: File = FILE, task: Task = TASK, chunks: int = 1) -> Lease:
    """The lease of a file that has arrived and is begun."""
    lease = ledger.take(file, task, "me", cloud.now + 120, chunks)
    assert isinstance(lease, Lease), lease
    return lease


def refused(ledger: Ledger, cloud: Cloud, file: File) -> Refusal:
    """Why a file that has arrived is not begun."""
    refusal = ledger.take(file, TASK, "other", cloud.now + 120, 1)
    assert isinstance(refusal, Refusal)
    return refusal


def take(ledger: Ledger, cloud: Cloud, task: Task = TASK, owner: str = "me", file: File = FILE) -> Lease:
    lease = ledger.take(file, task, owner, cloud.now + 120)
    assert isinstance(lease, Lease), lease
    return lease


def verdict(ledger: Ledger, cloud: Cloud, task: Task = TASK, owner: str = "other") -> Verdict:
    refusal = ledger.take(FILE, task, owner, cloud.now + 120)
    assert isinstance(refusal, Refusal)
    return refusal.verdict


def test_a_task_is_one_workers_at_a_time(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, cloud)
    assert ledger.take(FILE, TASK, "other", cloud.now + 120) == (Verdict.BUSY, 30, "")
    cloud.now += 126
    take(ledger, cloud, owner="other")


def test_a_lease_goes_on_where_the_task_stands(ledger: Ledger, cloud: Cloud) -> None:
    step = Step(Position(40, 5), rows_written=3, bytes_read=40, has_part=True, handed_on=True)
    assert ledger.count(arrive(ledger, cloud), step) == Counted()
    lease = take(ledger, cloud, owner="other")
    assert (lease.position, lease.bytes_read, lease.parts) == (Position(40, 5), 40, 1)


def test_a_counted_step_is_where_its_lease_goes_on(ledger: Ledger, cloud: Cloud) -> None:
    lease = arrive(ledger, cloud)
    counted = ledger.count(lease, Step(Position(40, 5), rows_written=3, bytes_read=40, has_part=True))
    assert counted == Counted(lease._replace(position=Position(40, 5), bytes_read=40, parts=1))
    assert ledger.count(counted.lease, Step(Position(100, 9), bytes_read=100, done=True)).status == "SUCCEEDED"


def test_a_message_whose_work_went_on_in_another_is_stale(ledger: Ledger, cloud: Cloud) -> None:
    ledger.count(arrive(ledger, cloud), Step(Position(40, 5), handed_on=True))
    ledger.count(take(ledger, cloud, TASK._replace(hop=1)), Step(Position(50, 6), handed_on=True))
    assert verdict(ledger, cloud, TASK) is Verdict.STALE
    take(ledger, cloud, TASK._replace(hop=1))  # its own message, delivered again


def test_a_task_that_is_done_stays_done(ledger: Ledger, cloud: Cloud) -> None:
    ledger.count(arrive(ledger, cloud), Step(Position(100, 9), done=True))
    assert verdict(ledger, cloud) is Verdict.DONE


def test_a_task_that_was_given_up_although_it_was_done_ends_its_import_when_it_comes_again(
    ledger: Ledger, cloud: Cloud
) -> None:
    lease = arrive(ledger, cloud)
    LedgerTable(cloud.tables(), LEDGER).transact(
        *entries.counting(lease, Step(Position(100, 9), rows_written=8, done=True), ends=True)
    )
    ledger.give_up(FILE, TASK, "its answer was lost")
    assert cloud.entry(FILE.key)["status"] == "FAILED"
    assert ledger.take(FILE, TASK, "other", cloud.now + 120) == (Verdict.DONE, 0, "SUCCEEDED")
    entry = cloud.entry(FILE.key)
    assert (entry["status"], entry["rows_written"], entry.keys() & {"error", "given_up"}) == ("SUCCEEDED", 8, set())
    assert ledger.take(FILE, TASK, "other", cloud.now + 120) == (Verdict.DONE, 0, "")


def test_an_import_goes_on_until_all_that_was_given_up_has_come_again(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, cloud, chunks=2)
    others = chunk(1, Position(50, 5), 100)
    for task in (TASK, others):
        lease = take(ledger, cloud, task)
        step = Step(Position(100, 9), rows_written=4, done=True)
        LedgerTable(cloud.tables(), LEDGER).transact(*entries.counting(lease, step, ends=True))
        ledger.give_up(FILE, task, "its answer was lost")
    assert ledger.take(FILE, TASK, "other", cloud.now + 120) == (Verdict.DONE, 0, "")
    assert cloud.entry(FILE.key)["status"] == "FAILED"
    assert ledger.take(FILE, others, "other", cloud.now + 120) == (Verdict.DONE, 0, "SUCCEEDED")


def test_a_step_is_counted_once(ledger: Ledger, cloud: Cloud) -> None:
    mine = arrive(ledger, cloud)
    step = Step(Position(40, 5), rows_written=3, rows_rejected=1, bytes_read=40)
    ledger.count(mine, step)
    with pytest.raises(LedgerError, match="the lease on 00000 was lost"):
        ledger.count(mine, step)
    entry = cloud.entry(FILE.key)
    assert (entry["rows_read"], entry["rows_written"], entry["rows_rejected"], entry["bytes_read"]) == (4, 3, 1, 40)


def test_a_worker_that_lost_its_lease_counts_nothing(ledger: Ledger, cloud: Cloud) -> None:
    late = arrive(ledger, cloud)
    cloud.now += 200
    take(ledger, cloud, owner="other")
    with pytest.raises(LedgerError):
        ledger.count(late, Step(Position(40, 5), rows_written=3, done=True))
    assert cloud.entry(FILE.key)["rows_written"] == 0


def test_an_import_ends_when_plan_and_chunks_are_done(ledger: Ledger, cloud: Cloud) -> None:
    planning = arrive(ledger, cloud, task=plan(100), chunks=9)
    first = chunk(0, Position(0, 1), 50)
    assert ledger.count(take(ledger, cloud, first), Step(Position(50, 5), rows_rejected=1, done=True)).status == ""
    assert ledger.count(planning, Step(Position(50, 5), number=1, done=True)).status == "PARTIAL"
    assert ledger.take(FILE, first, "other", cloud.now + 120) == (Verdict.DONE, 0, "")
    assert cloud.entry(FILE.key)["chunks_total"] == 1
    assert plan(100).name == PLAN


def test_a_step_counts_even_if_the_end_of_the_import_cannot_be_told(ledger: Ledger, cloud: Cloud) -> None:
    mine = arrive(ledger, cloud)

    def down(name: str) -> None:
        if name == "UpdateItem":
            raise AwsError("dynamodb", name, "InternalServerError", "down")

    cloud.before_call = down
    counted = ledger.count(mine, Step(Position(100, 9), rows_written=9, done=True))
    assert isinstance(counted.error, AwsError)
    cloud.before_call = lambda _: None
    assert ledger.take(FILE, TASK, "other", cloud.now + 120) == (Verdict.DONE, 0, "SUCCEEDED")
    assert cloud.entry(FILE.key)["rows_written"] == 9


def test_a_newer_version_waits_for_a_lease_and_no_new_one_is_given(ledger: Ledger, cloud: Cloud) -> None:
    mine = arrive(ledger, cloud)
    assert refused(ledger, cloud, NEWER) == (Verdict.WAIT, 10, "")
    assert verdict(ledger, cloud, chunk(1, Position(50, 5), 100)) is Verdict.SUPERSEDED
    assert ledger.count(mine, Step(Position(40, 5), rows_written=3)) == Counted(superseded=True)
    assert cloud.entry(FILE.key)["rows_written"] == 3
    arrive(ledger, cloud, NEWER)
    old, new = cloud.entries(FILE.key)
    assert (old["status"], old["error"]) == ("FAILED", "a newer version of the object is imported instead")
    assert new["status"] == "RUNNING"


def test_the_last_step_counts_even_if_a_newer_version_waits(ledger: Ledger, cloud: Cloud) -> None:
    mine = arrive(ledger, cloud)
    refused(ledger, cloud, NEWER)
    assert ledger.count(mine, Step(Position(100, 9), rows_written=9, done=True)).status == "SUCCEEDED"


def test_of_those_that_wait_only_the_newest_is_imported(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, cloud)
    assert refused(ledger, cloud, NEWEST).verdict is Verdict.WAIT
    assert refused(ledger, cloud, NEWER).verdict is Verdict.LATE
    cloud.now += 126
    arrive(ledger, cloud, NEWEST)
    assert refused(ledger, cloud, NEWER).verdict is Verdict.LATE
    assert refused(ledger, cloud, FILE).verdict is Verdict.LATE


def test_content_that_returns_while_another_waits_is_imported_anew(ledger: Ledger, cloud: Cloud) -> None:
    plain = [file._replace(version_id="", etag=etag) for file, etag in ((FILE, "e1"), (NEWER, "e2"), (NEWEST, "e1"))]
    arrive(ledger, cloud, plain[0])
    assert refused(ledger, cloud, plain[1]).verdict is Verdict.WAIT
    assert refused(ledger, cloud, plain[2]).verdict is Verdict.WAIT
    cloud.now += 126
    assert refused(ledger, cloud, plain[1]).verdict is Verdict.LATE
    arrive(ledger, cloud, plain[2])


def test_a_late_announcement_does_not_undo_one_that_changed_nothing(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, cloud)
    assert refused(ledger, cloud, FILE._replace(sequencer=NEWEST.sequencer)) == (Verdict.SAME, 0, "")
    assert refused(ledger, cloud, NEWER).verdict is Verdict.LATE


def test_the_rejects_of_the_import_before_are_cleared_once_it_has_stopped(ledger: Ledger, cloud: Cloud) -> None:
    ledger.count(arrive(ledger, cloud), Step(Position(40, 5), has_part=True, handed_on=True))
    cleared: list[tuple[File, str, int]] = []
    ledger._clear = lambda *task: cleared.append(task)
    arrive(ledger, cloud, NEWER)
    assert cleared == [(NEWER, "00000", 2)]  # one more than is counted: a killed worker may have written it


def test_tasks_expire_and_nothing_else_does(ledger: Ledger, cloud: Cloud) -> None:
    arrive(ledger, cloud)
    items = cloud.dynamodb.scan(TableName="ledger")["Items"]
    expiring = {item["version"]["S"]: int(item["expires_at"]["N"]) for item in items if "expires_at" in item}
    assert expiring == {f"v1#{FILE.sequencer}#00000": int(cloud.now) + 30 * 86_400}
    assert [item["version"]["S"] for item in items if "status" in item] == ["v1"]
