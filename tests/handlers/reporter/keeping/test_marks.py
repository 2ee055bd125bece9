from dataclasses import replace

import pytest

from handlers.reporter.keeping.marks import ClaimedError, Mark, Marks, ObjectPlace, RowPlace, UnmarkableError, digest
from handlers.reporter.keeping.storage import Storage
from handlers.reporter.keeping.totals import Totals
from handlers.reporter.report import TableRead, parse, render
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import RA, STAMP, error


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """A place in memory that is out of order when told so."""

    def __init__(self) -> None:
        self.mark: Mark | None = None
        self.version = 0
        self.readable = self.writable = True
        self.lost_answers = 0

    def load(self) -> tuple[Mark | None, str | None]:
        if not self.readable:
            raise error("load")
        return (self.mark, str(self.version)) if self.mark else (None, None)

    def save(self, mark: Mark, version: str | None) -> str | None:
        if not self.writable:
            raise error("save")
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


def marks(clock: Clock, *places: Place, owner: str = "one") -> Marks:
    return Marks(places, owner, 30, clock)


def test_a_claim_that_no_run_made_ends_no_sending(clock: Clock) -> None:
    place = Place()
    place.mark = Mark("other", 1000.0 + 3600.0, ("x",))
    run = marks(clock, place)
    run.claim()
    assert run.sent == ("x",)


def test_a_second_run_may_not_send_while_the_first_does(clock: Clock) -> None:
    place = Place()
    marks(clock, place).claim()
    with pytest.raises(ClaimedError):
        marks(clock, place, owner="two").claim()


def test_a_run_that_is_done_leaves_its_marks(clock: Clock) -> None:
    place = Place()
    first, second = marks(clock, place), marks(clock, place, owner="two")
    first.claim()
    first.add("a")
    first.release()
    second.claim()
    assert second.sent == ("a",)


def test_the_claim_of_a_crashed_run_ends_and_its_marks_stay(clock: Clock) -> None:
    place = Place()
    first, second = marks(clock, place), marks(clock, place, owner="two")
    first.claim()
    first.add("a")
    clock.now += 31
    second.claim()
    assert second.sent == ("a",)


def test_a_claim_is_prolonged_by_each_mark(clock: Clock) -> None:
    place = Place()
    first = marks(clock, place)
    first.claim()
    clock.now += 20
    first.add("a")
    clock.now += 20
    with pytest.raises(ClaimedError):
        marks(clock, place, owner="two").claim()


def test_an_invocation_that_lambda_repeats_takes_its_own_claim_at_once(clock: Clock) -> None:
    place = Place()
    marks(clock, place).claim()
    marks(clock, place).claim()


def test_a_run_whose_claim_was_taken_over_stops(clock: Clock) -> None:
    place = Place()
    slow = marks(clock, place)
    slow.claim()
    clock.now += 31
    marks(clock, place, owner="two").claim()
    with pytest.raises(ClaimedError):
        slow.add("a")
    slow.release()
    assert place.mark
    assert place.mark.owner == "two"


def test_of_two_runs_that_claim_at_once_one_gets_it(clock: Clock) -> None:
    place = Place()
    first, second = marks(clock, place), marks(clock, place, owner="two")
    load = place.load

    def load_then_lose() -> tuple[Mark | None, str | None]:
        place.load = load
        there = load()
        second.claim()
        return there

    place.load = load_then_lose  # type: ignore[method-assign]  # a race, staged
    with pytest.raises(ClaimedError):
        first.claim()


def test_a_repeated_request_is_not_taken_for_another_run(clock: Clock) -> None:
    place = Place()
    place.lost_answers = 3
    run = marks(clock, place)
    run.claim()
    run.add("a")
    run.release()
    assert place.mark == Mark("one", 999.0, ("a",))


def test_while_the_first_place_cannot_be_written_the_second_is(clock: Clock) -> None:
    first, second = Place(), Place()
    first.writable = False
    run = marks(clock, first, second)
    run.claim()
    run.add("a")
    run.release()
    first.writable = True
    repeated = marks(clock, first, second, owner="two")
    repeated.claim()
    assert repeated.sent == ("a",)


def test_a_place_that_fails_midway_is_replaced_by_the_other(clock: Clock) -> None:
    first, second = Place(), Place()
    run = marks(clock, first, second)
    run.claim()
    run.add("a")
    first.writable = False
    run.add("b")
    clock.now += 31
    repeated = marks(clock, first, second, owner="two")
    repeated.claim()
    assert set(repeated.sent) == {"a", "b"}


def test_while_all_works_one_place_is_written(clock: Clock) -> None:
    first, second = Place(), Place()
    marks(clock, first, second).claim()
    assert second.mark is None


def test_a_claim_in_the_second_place_is_respected(clock: Clock) -> None:
    first, second = Place(), Place()
    first.readable = False
    marks(clock, first, second).claim()
    first.readable = True
    with pytest.raises(ClaimedError):
        marks(clock, first, second, owner="two").claim()


def test_without_a_place_there_is_no_claim_and_the_reasons_are_told(clock: Clock) -> None:
    first, second = Place(), Place()
    first.readable = second.writable = False
    with pytest.raises(UnmarkableError, match=r"load failed.*save failed"):
        marks(clock, first, second).claim()


def test_a_mark_that_no_place_takes_is_an_error(clock: Clock) -> None:
    place = Place()
    run = marks(clock, place)
    run.claim()
    place.writable = False
    with pytest.raises(UnmarkableError):
        run.add("a")
    run.release()


def test_recipients_are_marked_without_their_addresses() -> None:
    assert "example" not in digest("one@example.com")
    assert digest("one@example.com") != digest("two@example.com")


@pytest.fixture(params=["object", "row"])
def place(request: pytest.FixtureRequest, aws: Aws, deadlines: Deadlines) -> ObjectPlace | RowPlace:
    if request.param == "object":
        return ObjectPlace(Storage(aws.bucket, deadlines), "reports/a.mail")  # type: ignore[arg-type]  # the fake has the calls
    totals = Totals(aws.dynamodb, "RA_totales", "RA", deadlines)
    totals.put(parse(render(STAMP, "dev", [RA], {"RA": [TableRead("RA_a", 1)]})).groups[0], STAMP, 1)
    return RowPlace(aws.dynamodb, totals, STAMP, deadlines)


def test_a_place_keeps_marks_and_refuses_a_version_that_is_gone(place: ObjectPlace | RowPlace) -> None:
    mark = Mark("one", 12.5, ("a", "b"))
    assert place.load() == (None, None)
    version = place.save(mark, None)
    assert place.load() == (mark, version)
    assert place.save(replace(mark, owner="two"), None) is None
    assert place.save(replace(mark, until=0.0), version)
    assert place.save(mark, version) is None
    assert place.load()[0] == replace(mark, until=0.0)


def test_a_mark_leaves_the_row_and_a_row_the_mark(aws: Aws, deadlines: Deadlines) -> None:
    totals = Totals(aws.dynamodb, "RA_totales", "RA", deadlines)
    group = parse(render(STAMP, "dev", [RA], {"RA": [TableRead("RA_a", 1)]})).groups[0]
    totals.put(group, STAMP, 1)
    place = RowPlace(aws.dynamodb, totals, STAMP, deadlines)
    place.save(Mark("one", 1.0, ("a",)), None)
    totals.put(group, STAMP, 1)
    [row] = aws.rows()
    assert row["total"] == {"N": "1"}
    assert place.load()[0] == Mark("one", 1.0, ("a",))


def test_a_run_without_a_row_cannot_be_marked_there(aws: Aws, deadlines: Deadlines) -> None:
    place = RowPlace(aws.dynamodb, Totals(aws.dynamodb, "RA_totales", "RA", deadlines), STAMP, deadlines)
    with pytest.raises(UnmarkableError, match="RA_totales has no row"):
        place.load()
    assert aws.rows() == []


def test_an_outage_of_the_table_is_not_taken_for_another_run(aws: Aws, place: ObjectPlace | RowPlace) -> None:
    aws.faults.on("UpdateItem")
    aws.faults.on("PutObject")
    with pytest.raises(AwsError):
        place.save(Mark("one", 1.0), None)
