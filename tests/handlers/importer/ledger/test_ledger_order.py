"""Of the versions of an object the newest is imported, in whatever order and however often they are announced."""

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handlers.importer.ledger.ledger import Refusal, Verdict
from handlers.importer.queue.messages import File, chunk
from handlers.importer.reading.records import Position
from tests.handlers.importer.cloud import BUCKET, LEDGER, Cloud

UPGRADED_AT = 1_800_000_000_000
"""In milliseconds: where the clock of a `Cloud` begins."""


class Version(NamedTuple):
    sequencer: str
    event_time: int


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Versions of an object, oldest first.

    Sequencers of one length grow; those of different lengths say nothing of each other, and are some time apart. No two
    are one number.
    """
    found: list[Version] = []
    grown = dict.fromkeys((2, 3, 4), 0)
    for length in draw(st.lists(st.sampled_from((2, 3, 4)), min_size=2, max_size=6)):
        known = {int(version.sequencer, 16) for version in found}
        number = next(n for n in itertools.count(grown[length] + draw(st.integers(1, 30))) if n not in known)
        grown[length] = number
        apart = bool(found) and len(found[-1].sequencer) != length
        at = (found[-1].event_time if found else UPGRADED_AT) + draw(st.integers(int(apart), 2))
        found.append(Version(f"{number:0{length}x}", at))
    return found


ARRIVALS = histories().flatmap(
    lambda history: st.tuples(
        st.just(history),
        st.permutations([*range(len(history))]).flatmap(
            lambda order: st.lists(st.sampled_from(order), max_size=3).map(lambda again: [*order, *again])
        ),
    )
)


def file_of(key: str, number: int, version: Version) -> File:
    sequencer, digits = version.sequencer.upper().zfill(32), len(version.sequencer)
    return File(BUCKET, key, 100, f"e{number}", f"v{number}", sequencer, digits, version.event_time)


@given(histories())
@example([Version("ff", 1), Version("0100", 2)])
@example([Version("0ff0", 1), Version("ff", 2)])
@example([Version("fff", 1), Version("02", 2)])
def test_each_version_precedes_those_after_it_and_no_other(history: list[Version]) -> None:
    files = [file_of("incoming/a.csv", number, version) for number, version in enumerate(history)]
    for (i, one), (j, other) in itertools.product(enumerate(files), repeat=2):
        assert one.precedes(other) == (i < j)


def test_what_may_be_newer_never_precedes() -> None:
    same_time = file_of("a.csv", 1, Version("02", 7)), file_of("a.csv", 2, Version("001", 7))
    undated = [file._replace(event_time=0) for file in same_time]
    for one, other in (same_time, undated):
        assert not one.precedes(other)
        assert not other.precedes(one)


KEYS = itertools.count()


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ARRIVALS)
@example(([Version("fff", UPGRADED_AT), Version("02", UPGRADED_AT + 1)], [0, 1, 0]))
@example(([Version("fe", UPGRADED_AT), Version("ff", UPGRADED_AT), Version("001", UPGRADED_AT + 1)], [1, 2, 0, 1]))
def test_the_newest_version_is_imported_in_whatever_order_they_come(
    cloud: Cloud, arrivals: tuple[list[Version], list[int]]
) -> None:
    history, order = arrivals
    key = f"incoming/{next(KEYS)}.csv"
    newest = -1
    for number in order:
        verdict = arrive(cloud, file_of(key, number, history[number]))
        assert verdict is (Verdict.LATE if number < newest else None)
        newest = max(newest, number)
    (current,) = items(cloud, key, ["#current"])
    assert current["holder"] == {"S": f"v{len(history) - 1}"}


def arrive(cloud: Cloud, file: File) -> Verdict | None:
    """Why a file's import does not begin; if it does, its invocation ends at once."""
    answer = cloud.ledger().take(file, chunk(0, Position(0, 1), file.size), "me", cloud.now - 60, 1)
    return answer.verdict if isinstance(answer, Refusal) else None


def items(cloud: Cloud, key: str, versions: Iterable[str]) -> list[dict[str, dict[str, str]]]:
    keys = [{"object": {"S": f"{BUCKET}/{key}"}, "version": {"S": version}} for version in versions]
    return [cloud.dynamodb.get_item(TableName=LEDGER, Key=each)["Item"] for each in keys]


def test_two_announcements_that_meet_are_judged_one_after_the_other(cloud: Cloud) -> None:
    history = [Version("fff", UPGRADED_AT), Version("02", UPGRADED_AT + 1), Version("0003", UPGRADED_AT + 2)]
    oldest, newer, newest = [file_of("incoming/a.csv", number, version) for number, version in enumerate(history)]
    arrive(cloud, oldest)

    def overtake(name: str) -> None:
        if name == "UpdateItem":
            cloud.before_call = lambda _: None
            assert arrive(cloud, newest) is None

    cloud.before_call = overtake
    assert arrive(cloud, newer) is Verdict.LATE


# What version 0.1 wrote: a sequencer whose length is not known any more, and no time.


@pytest.fixture
def imported_by_0_1(cloud: Cloud) -> Cloud:
    """An object whose version `v1` version 0.1 has imported."""
    entry = {
        "status": {"S": "SUCCEEDED"},
        "sequencer": {"S": "000000000000000055AED6DCD90281E5"},
        "started_at": {"S": "2027-01-15T08:00:00.000Z"},
    }
    current = {
        "holder": {"S": "v1"},
        "sequencer": {"S": "000000000000000055AED6DCD90281E5"},
        "seen": {"S": "000000000000000055AED6DCD90281E5"},
    }
    for version, item in (("v1", entry), ("#current", current)):
        key = {"object": {"S": f"{BUCKET}/incoming/a.csv"}, "version": {"S": version}}
        cloud.dynamodb.put_item(TableName=LEDGER, Item=key | item)
    return cloud


@pytest.mark.parametrize(
    ("sequencer", "after", "verdict"),
    [
        ("0055AED6DCD90281E5", -1000, None),  # announced once more
        ("0055AED6DCD90281E6", -1000, None),
        ("0055AED6DCD90281E4", -1000, Verdict.LATE),
        ("0055AED6DCD90281E6", 1, None),
        ("05", 1, None),
    ],
)
def test_an_item_of_version_0_1_is_read(
    imported_by_0_1: Cloud, sequencer: str, after: int, verdict: Verdict | None
) -> None:
    number = 1 if sequencer.endswith("E5") else 2
    file = file_of("incoming/a.csv", number, Version(sequencer, UPGRADED_AT + after))
    assert arrive(imported_by_0_1, file) is verdict
    (current,) = items(imported_by_0_1, file.key, ["#current"])
    assert (current["holder"] == {"S": "v2"}) == (number == 2 and verdict is None)


@pytest.mark.parametrize(("last", "verdict"), [("4", Verdict.LATE), ("6", None)])
def test_a_file_that_version_0_1_let_wait_is_judged_as_it_did(
    imported_by_0_1: Cloud, last: str, verdict: Verdict | None
) -> None:
    old = File(BUCKET, "incoming/a.csv", 100, "e2", "v2", f"000000000000000055AED6DCD90281E{last}")
    assert arrive(imported_by_0_1, old) is verdict
    newer = file_of("incoming/a.csv", 3, Version("0055AED6DCD90281E7", UPGRADED_AT + 5))
    assert arrive(imported_by_0_1, newer) is None
    assert arrive(imported_by_0_1, old) is Verdict.LATE
