"""Records that are redriven come outside their shard's order: whoever sends them claims them first."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, count
from threading import Semaphore, Thread, get_ident
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.notifier.delivery import CLAIMED, Delivery
from handlers.notifier.marks import Claim, Marks, MarksUnavailableError
from handlers.notifier.sending import Sender
from handlers.shared.aws.request import Request, Response
from tests.handlers.notifier.fakes import PROFILE_CHANGED, TABLE, WELCOME, Clock, Ses, Table, error, mails

TEMPLATES = {WELCOME: "welcome", PROFILE_CHANGED: "profile-changed"}
NOW = 1_760_011_200
SECONDS = 300.0


class Killed(BaseException):
    """Lambda ends the function, at once."""


class World:
    """SES, the marks and the time, which several invocations share."""

    def __init__(self) -> None:
        self.ses, self.table, self.clock = Ses(), Table(), Clock()
        self.marks = Marks(self.table, TABLE, days=30, now=lambda: NOW + self.clock.now)

    def delivery(self) -> Delivery:
        sender = Sender(self.ses, "no-reply@example.com", "dev", TEMPLATES)
        return Delivery(sender, self.marks, self.clock.deadlines(SECONDS))

    def redrive(self, owner: str, count: int = 3) -> Delivery:
        delivery = self.delivery()
        delivery.deliver_claimed(mails(count), Claim(owner, SECONDS))
        return delivery

    def copies(self) -> Counter[str]:
        return Counter(self.ses.outbox)

    def claims(self) -> set[str]:
        return {name for name in self.table.items if name.startswith("claim/")}


@pytest.fixture
def world() -> World:
    return World()


def while_sending(world: World, act: Callable[[], Any]) -> None:
    """Lets something happen while SES has a call."""

    def step(_: list[str]) -> dict[str, str]:
        act()
        return {}

    world.ses.script.append(step)


def test_a_claim_lasts_as_long_as_its_invocation_may_and_names_it(world: World):
    contents = []
    while_sending(world, lambda: contents.append(dict(world.table.items)))
    world.redrive("a", 1)
    (items,) = contents
    assert items == {
        "claim/e0": {
            "event_id": {"S": "claim/e0"},
            "expires_at": {"N": str(1_760_012_200 + 310)},
            "claimed_by": {"S": "a"},
        }
    }


def test_what_another_has_claimed_is_not_sent_and_handed_back_when_it_stays_so(world: World):
    late = []
    while_sending(world, lambda: late.append(world.redrive("b")))
    assert world.redrive("a").sent == 3
    (other,) = late
    assert (other.sent, other.already_sent, other.unsent) == (0, 0, dict.fromkeys(["e0", "e1", "e2"], CLAIMED))
    assert world.clock.waits > 5
    assert set(world.copies().values()) == {1}
    assert world.redrive("b").already_sent == 3


def test_what_is_marked_is_not_sent_again(world: World):
    world.delivery().deliver(mails(2))
    delivery = world.redrive("a")
    assert (delivery.already_sent, delivery.sent) == (2, 1)
    assert set(world.copies().values()) == {1}
    assert world.clock.waits == 0


def test_marks_are_read_behind_the_claims_that_hold_them_still(world: World):
    world.redrive("a", 2)
    assert world.table.operations == ["PutItem", "PutItem", "BatchGetItem", "BatchWriteItem"]


def test_the_ordinary_way_claims_nothing(world: World):
    world.delivery().deliver(mails(60))
    assert set(world.table.operations) == {"BatchGetItem", "BatchWriteItem"}
    assert world.claims() == set()


def test_what_could_not_be_sent_is_free_at_once(world: World):
    world.ses.script.append(error("SendingPausedException"))
    assert world.redrive("a").unsent == dict.fromkeys(["e0", "e1", "e2"], "SendingPausedException")
    assert world.claims() == set()
    assert world.redrive("b").sent == 3


def test_a_crash_after_claiming_delays_mails_and_loses_none(world: World):
    world.ses.script.append(Killed())
    with pytest.raises(Killed):
        world.redrive("a")
    assert world.redrive("b").unsent == dict.fromkeys(["e0", "e1", "e2"], CLAIMED)
    world.clock.now += 30
    assert world.redrive("b").sent == 3
    assert set(world.copies().values()) == {1}


def test_an_invocation_that_lambda_repeats_has_its_own_claims(world: World):
    world.ses.script.append(Killed())
    with pytest.raises(Killed):
        world.redrive("a")
    assert world.redrive("a").sent == 3


def test_claims_that_cannot_be_had_send_nothing_and_hold_up_nobody(world: World):
    world.table.script.extend([None, error("AccessDeniedException"), None])
    with pytest.raises(MarksUnavailableError, match="AccessDeniedException"):
        world.redrive("a")
    assert (world.ses.calls, world.claims()) == ([], set())


def test_marks_that_cannot_be_read_send_nothing_and_hold_up_nobody(world: World):
    world.table.script.extend([None] * 3 + [error("AccessDeniedException")])
    with pytest.raises(MarksUnavailableError, match="AccessDeniedException"):
        world.redrive("a")
    assert (world.ses.calls, world.claims()) == ([], set())


def test_claims_that_cannot_be_given_back_end_by_themselves(world: World):
    world.ses.script.append(error("SendingPausedException"))
    world.table.script.extend([None] * 4 + [error("InternalServerError")])
    world.redrive("a")
    assert world.claims() == {"claim/e0", "claim/e1", "claim/e2"}
    world.clock.now += 311
    assert world.redrive("b").sent == 3


class Turns:
    """Lets one of several works at a time go on, from one pause to the next, in a given order."""

    def __init__(self, order: list[int]) -> None:
        self._order = order
        self._back = Semaphore(0)
        self._turn: list[Semaphore] = []
        self._at = 0

    def pause(self) -> None:
        at = self._at
        self._back.release()
        self._turn[at].acquire()

    def run(self, *works: Callable[[], Any]) -> None:
        going, errors = list(range(len(works))), []

        def go(at: int) -> None:
            self._turn[at].acquire()
            try:
                works[at]()
            except BaseException as error:
                errors.append(error)
            going.remove(at)
            self._back.release()

        self._turn = [Semaphore(0) for _ in works]
        threads = [Thread(target=go, args=[at], daemon=True) for at in going]
        for thread in threads:
            thread.start()
        order = chain(self._order, count())
        while going:
            self._at = going[next(order) % len(going)]
            self._turn[self._at].release()
            self._back.acquire()
        for thread in threads:
            thread.join()
        assert errors == []


class SharedWorld(World):
    """A world in which several invocations take turns at every request, and die when their time is over."""

    def __init__(self, order: list[int]) -> None:
        super().__init__()
        self.turns = Turns(order)
        self.ends: dict[int, float] = {}
        call, map_, sleep = self.ses.call, self.table.map, self.clock.sleep

        def shared_call(request: Request, *, deadline: float | None) -> Response:
            self.pause()
            response = call(request, deadline=deadline)
            self.pause()
            return response

        def shared_map(requests: Iterable[Request], *, deadline: float | None) -> Iterator[tuple[Request, Any]]:
            for request in requests:
                self.pause()
                yield from map_([request], deadline=deadline)

        def shared_sleep(seconds: float) -> None:
            sleep(seconds)
            self.pause()

        self.ses.call, self.table.map, self.clock.sleep = shared_call, shared_map, shared_sleep

    def pause(self) -> None:
        self.turns.pause()
        if self.clock.now >= self.ends.get(get_ident(), math.inf):
            raise Killed

    def redrive_until_done(self, owner: str, size: int) -> None:
        """As the command line does: sends everything again that was not taken, three times at most."""
        for attempt in range(3):
            self.ends[get_ident()] = self.clock.now + SECONDS
            with suppress(Killed):
                if not self.redrive(f"{owner}{attempt}", size).unsent:
                    return


@pytest.mark.slow
@settings(deadline=None)
@given(
    order=st.lists(st.integers(0, 2), max_size=200),
    size=st.sampled_from([3, 60]),
    throttled=st.lists(st.booleans(), max_size=4),
    killed=st.none() | st.tuples(st.sampled_from(["script", "after"]), st.integers(0, 3)),
)
def test_however_redrives_meet_each_mail_is_sent_once_and_a_crash_repeats_one_call_at_most(
    order: list[int], size: int, throttled: list[bool], killed: tuple[str, int] | None
):
    world = SharedWorld(order)
    world.ses.script.extend(
        (lambda called: dict.fromkeys(called[::2], "ACCOUNT_THROTTLED")) if slow else None for slow in throttled
    )
    if killed:
        where, call = killed
        steps = getattr(world.ses, where)
        steps.extend([None] * (call + 1 - len(steps)))
        steps[call] = Killed()
    world.turns.run(*(partial(world.redrive_until_done, owner, size) for owner in "abc"))
    world.clock.now += 400
    world.turns.run(partial(world.redrive_until_done, "last", size))
    copies = world.copies()
    assert set(copies) == {f"p{n}@example.com" for n in range(size)}
    repeated = sum(copies.values()) - size
    assert repeated <= (50 if killed and killed[0] == "after" else 0)
