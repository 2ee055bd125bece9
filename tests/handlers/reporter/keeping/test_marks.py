from typing import Any

import pytest

from handlers.reporter.keeping.marks import ClaimedError, Mark, Marks, MarkStore, MarksUnavailableError, digest
from handlers.reporter.keeping.storage import Storage
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import error


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Store:
    """A store in memory that is out of order when told so."""

    def __init__(self) -> None:
        self.mark: Mark | None = None
        self.version = 0
        self.readable = True
        self.failure: AwsError | None = None
        self.lost_answers = 0

    def load(self) -> tuple[Mark | None, str | None]:
        if not self.readable:
            raise error("load")
        return (self.mark, str(self.version)) if self.mark else (None, None)

    def save(self, mark: Mark, version: str | None) -> str | None:
        if self.failure:
            raise self.failure
        if version != (str(self.version) if self.mark else None):
            return None
        self.mark, self.version = mark, self.version + 1
        if self.lost_answers:  # the client sends it again, and is refused
            self.lost_answers -= 1
            return self.save(mark, version)
        return str(self.version)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def marks(clock: Clock, store: Store, owner: str = "one", former: Mark | None = None) -> Marks:
    return Marks(store, owner, 30, clock, former)  # type: ignore[arg-type]  # the fake has the calls


def test_a_claim_that_no_run_made_ends_no_sending(clock: Clock) -> None:
    store = Store()
    store.mark = Mark("other", 1000.0 + 3600.0, ("x",))
    run = marks(clock, store)
    run.claim()
    assert run.sent == ("x",)


def test_a_second_run_may_not_send_while_the_first_does(clock: Clock) -> None:
    store = Store()
    marks(clock, store).claim()
    with pytest.raises(ClaimedError):
        marks(clock, store, owner="two").claim()


def test_a_run_that_is_done_leaves_its_marks(clock: Clock) -> None:
    store = Store()
    first, second = marks(clock, store), marks(clock, store, owner="two")
    first.claim()
    first.add("a")
    first.release()
    second.claim()
    assert second.sent == ("a",)


def test_the_claim_of_a_crashed_run_ends_and_its_marks_stay(clock: Clock) -> None:
    store = Store()
    first, second = marks(clock, store), marks(clock, store, owner="two")
    first.claim()
    first.add("a")
    clock.now += 31
    second.claim()
    assert second.sent == ("a",)


def test_a_claim_is_prolonged_by_each_mark(clock: Clock) -> None:
    store = Store()
    first = marks(clock, store)
    first.claim()
    clock.now += 20
    first.add("a")
    clock.now += 20
    with pytest.raises(ClaimedError):
        marks(clock, store, owner="two").claim()


def test_an_invocation_that_lambda_repeats_takes_its_own_claim_at_once(clock: Clock) -> None:
    store = Store()
    marks(clock, store).claim()
    marks(clock, store).claim()


def test_a_run_whose_claim_was_taken_over_stops(clock: Clock) -> None:
    store = Store()
    slow = marks(clock, store)
    slow.claim()
    clock.now += 31
    marks(clock, store, owner="two").claim()
    with pytest.raises(ClaimedError):
        slow.add("a")
    slow.release()
    assert store.mark
    assert store.mark.owner == "two"


def test_of_two_runs_that_claim_at_once_one_gets_it(clock: Clock) -> None:
    store = Store()
    first, second = marks(clock, store), marks(clock, store, owner="two")
    load = store.load

    def load_then_lose() -> tuple[Mark | None, str | None]:
        store.load = load
        there = load()
        second.claim()
        return there

    store.load = load_then_lose  # type: ignore[method-assign]  # a race, staged
    with pytest.raises(ClaimedError):
        first.claim()


def test_a_repeated_request_is_not_taken_for_another_run(clock: Clock) -> None:
    store = Store()
    store.lost_answers = 3
    run = marks(clock, store)
    run.claim()
    run.add("a")
    run.release()
    assert store.mark == Mark("one", 999.0, ("a",))


@pytest.mark.parametrize(("attribute", "value"), [("readable", False), ("failure", error("save"))])
def test_without_its_store_there_is_no_claim_and_the_reason_is_told(clock: Clock, attribute: str, value: Any) -> None:
    store = Store()
    setattr(store, attribute, value)
    with pytest.raises(MarksUnavailableError, match=r"cannot be marked.*(load|save) failed"):
        marks(clock, store).claim()


def test_what_the_release_before_marked_elsewhere_is_carried_over(clock: Clock) -> None:
    store = Store()
    run = marks(clock, store, former=Mark("other", 999.0, ("a",)))
    run.claim()
    run.add("b")
    assert store.mark
    assert store.mark.sent == ("a", "b")


def test_a_claim_of_the_release_before_keeps_its_place_for_a_whole_run(clock: Clock) -> None:
    """Its further marks are not seen until the next run reads them."""
    run = marks(clock, Store(), former=Mark("other", 1030.0, ("a",)))
    for _ in range(2):
        with pytest.raises(ClaimedError):
            run.claim()
        clock.now += 31
    again = marks(clock, Store(), former=Mark("other", 1030.0, ("a", "b")))
    again.claim()
    assert again.sent == ("a", "b")


def test_a_mark_that_its_store_does_not_take_is_an_error(clock: Clock) -> None:
    store = Store()
    run = marks(clock, store)
    run.claim()
    store.failure = error("save")
    with pytest.raises(MarksUnavailableError):
        run.add("a")
    run.release()


def test_recipients_are_marked_without_their_addresses() -> None:
    assert "example" not in digest("one@example.com")
    assert digest("one@example.com") != digest("two@example.com")


@pytest.fixture
def store(aws: Aws, deadlines: Deadlines) -> MarkStore:
    return MarkStore(Storage(aws.bucket, deadlines), "reports/a.mail", list[str]().append)  # type: ignore[arg-type]  # the fake has the calls


def test_a_store_keeps_marks_and_refuses_a_version_that_is_gone(store: MarkStore) -> None:
    mark = Mark("one", 12.5, ("a", "b"))
    assert store.load() == (None, None)
    version = store.save(mark, None)
    assert store.load() == (mark, version)
    assert store.save(mark._replace(owner="two"), None) is None
    assert store.save(mark._replace(until=0.0), version)
    assert store.save(mark, version) is None
    assert store.load()[0] == mark._replace(until=0.0)


def test_an_outage_is_not_taken_for_another_run(aws: Aws, store: MarkStore) -> None:
    aws.faults.on("PutObject")
    with pytest.raises(AwsError):
        store.save(Mark("one", 1.0), None)
