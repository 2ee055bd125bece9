import threading

import pytest
from botocore.exceptions import ClientError

from sluice.console import failure_work
from sluice.console.failure_work import FailureWork
from sluice.failures import sources
from sluice.failures.failure import Discarded, Failure, Redriven, everyone
from sluice.failures.lease import UnderWayError
from sluice.target import Target

BATCH = Failure("stream/users", "archiver", "RetryAttemptsExhausted", "2026-01-01T00:00:00.000Z", 2, "s3://b/k")
FILE = BATCH._replace(pipeline="import/items", where="s3://b/a.csv", file="a.csv")
TARGET = Target({"region": "eu-north-1"})


def done(begin):
    """What a piece of work has come to."""
    ended = []
    work = FailureWork()
    thread = begin(work, lambda: ended.append(work.last and work.last.is_under_way))
    thread.join(10)
    assert ended == [False]
    assert work.last is not None
    return work.last


def redrive(monkeypatch, *results, error=None):
    def redriving(_target, wanted, refused):
        for one in results:
            if wanted(one.failure):
                yield one
        refused.append("AccessDenied")
        if error:
            raise error

    again = Redriven(FILE, 0, 1, "failed again: has no header")
    monkeypatch.setattr(failure_work, "redrive", redriving)
    monkeypatch.setattr(failure_work, "followed", lambda _, results: (again for _ in results))
    return done(lambda work, ended: work.redrive(TARGET, everyone, ended))


def test_a_redrive_tells_of_each_failure_and_of_files_when_their_imports_have_ended(monkeypatch):
    last = redrive(monkeypatch, Redriven(BATCH, 2, 0), Redriven(FILE, 1, 0), Redriven(BATCH, 1, 1, "OSError: no"))
    assert last.text == "1 taken, 2 left."
    assert [(one.failure.file, one.text, one.is_left) for one in last.outcomes] == [
        ("", "2 records taken", False),
        ("", "1 record taken, 1 failed again: OSError: no", True),
        ("a.csv", "failed again: has no header", True),
    ]
    assert last.problems == ["Not all failures could be read: AccessDenied"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnderWayError("a redrive by ann is under way"), "Nothing was sent: a redrive by ann is under way."),
        (OSError("the cloud has ended"), "It stopped early: the cloud has ended"),
        (KeyError(), "It stopped early: KeyError"),
    ],
    ids=["lease", "message", "none"],
)
def test_why_not_all_could_be_done_is_said(monkeypatch, error, said):
    last = redrive(monkeypatch, Redriven(BATCH, 2, 0), error=error)
    assert (last.done, last.problems[0]) == (1, said)


def test_only_one_thing_is_done_at_a_time(monkeypatch):
    goes_on = threading.Event()

    def discard(_target, _wanted):
        yield Discarded(BATCH)
        goes_on.wait(10)
        yield Discarded(FILE, "AccessDenied")
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "ListObjectsV2")

    monkeypatch.setattr(sources, "DISCARDED", [discard])
    work = FailureWork()
    thread = work.discard(TARGET, everyone, lambda: None)
    assert work.discard(TARGET, everyone, lambda: None) is None
    goes_on.set()
    assert thread is not None
    thread.join(10)
    assert work.last is not None
    assert (work.last.text, work.last.outcomes[-1].text) == ("1 discarded, 1 left.", "not discarded: AccessDenied")
    assert "not you" in work.last.problems[0]


def test_only_the_last_outcomes_are_kept(monkeypatch):
    last = redrive(monkeypatch, *[Redriven(BATCH, 2, 0)] * 1000)
    assert (last.done, len(last.outcomes)) == (1000, 100)
