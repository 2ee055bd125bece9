"""The delivery of a batch: each mail once, whatever SES and the marks answer, whenever the function dies."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.notifier.decisions import Mail
from handlers.notifier.delivery import NOT_BEGUN, Delivery
from handlers.notifier.marks import Marks, MarksUnavailableError
from handlers.notifier.sending import Sender
from tests.handlers.notifier.fakes import PROFILE_CHANGED, TABLE, WELCOME, Clock, Ses, Table, error, mails

TEMPLATES = {WELCOME: "welcome", PROFILE_CHANGED: "profile-changed"}


class World:
    """SES, the marks and the clock, through any number of invocations."""

    def __init__(self, share: float = 0.5) -> None:
        self.ses = Ses()
        self.table = Table()
        self.clock = Clock(share)

    def delivery(self, seconds: float = 120.0) -> Delivery:
        sender = Sender(self.ses, "no-reply@example.com", "dev", TEMPLATES)
        return Delivery(sender, Marks(self.table, TABLE, days=30), self.clock.deadlines(seconds))

    def deliver(self, batch: list[Mail], seconds: float = 120.0) -> Delivery:
        delivery = self.delivery(seconds)
        delivery.deliver(batch)
        return delivery


@pytest.fixture
def world() -> World:
    return World()


def status(code: str, *numbers: int) -> Callable[[list[str]], dict[str, str]]:
    return lambda _: {f"p{n}@example.com": code for n in numbers}


def addresses(batch: list[Mail]) -> list[str]:
    return [mail.to for mail in batch]


def test_mails_go_out_50_a_call_and_each_is_marked(world: World):
    batch = mails(120)
    delivery = world.deliver(batch)
    assert [len(call["BulkEmailEntries"]) for call in world.ses.calls] == [50, 50, 20]
    assert world.ses.outbox == addresses(batch)
    assert set(world.table.items) == {mail.mark for mail in batch}
    assert (delivery.sent, delivery.unsent) == (120, {})


def test_what_is_marked_is_not_sent_again(world: World):
    world.deliver(mails(60))
    again = world.deliver(mails(100))
    assert (again.already_sent, again.sent) == (60, 40)
    assert world.ses.outbox == addresses(mails(100))


def test_every_call_is_marked_before_the_next_begins(world: World):
    marks = []
    world.ses.script.extend([lambda _: marks.append(len(world.table.items)) or {}] * 3)
    world.deliver(mails(120))
    assert marks == [0, 50, 100]


def test_without_readable_marks_nobody_is_mailed(world: World):
    world.table.script.append(error("AccessDeniedException"))
    with pytest.raises(MarksUnavailableError):
        world.deliver(mails(3))
    assert world.ses.calls == []


@pytest.mark.parametrize("code", ["ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"])
def test_load_is_waited_out_and_only_the_refused_are_sent_again(world: World, code: str):
    world.ses.script.extend([status(code, 1, 2), status(code, 2)])
    delivery = world.deliver(mails(4))
    assert Counter(world.ses.outbox) == Counter(addresses(mails(4)))
    assert [len(call["BulkEmailEntries"]) for call in world.ses.calls] == [4, 2, 1]
    assert world.clock.waits == 2
    assert delivery.unsent == {}


def test_load_that_stays_is_handed_back_in_time(world: World):
    world.ses.script.extend([status("ACCOUNT_THROTTLED", 1)] * 1000)
    delivery = world.deliver(mails(3), seconds=60)
    assert delivery.unsent == {"e1": "ACCOUNT_THROTTLED"}
    assert delivery.sent == 2
    assert world.clock.now <= 1060 - 15


def test_calls_after_the_time_is_over_are_handed_back(world: World):
    world.ses.script.append(lambda _: world.clock.sleep(50) or {})
    delivery = world.deliver(mails(120), seconds=60)
    assert delivery.sent == 50
    assert delivery.unsent == {f"e{n}": NOT_BEGUN for n in range(50, 120)}


def test_an_invocation_without_time_still_sends_one_call(world: World):
    assert world.deliver(mails(60), seconds=0).sent == 50


def test_one_bad_destination_is_skipped_and_told_by_its_record(world: World):
    world.ses.script.append(status("MESSAGE_REJECTED", 1))
    delivery = world.deliver(mails(3))
    assert delivery.refused == {"e1": "MESSAGE_REJECTED"}
    assert (delivery.sent, delivery.unsent) == (2, {})


def test_a_mail_that_failed_without_a_reason_is_handed_back_alone(world: World):
    world.ses.script.append(status("FAILED", 1))
    delivery = world.deliver(mails(60))
    assert delivery.unsent == {"e1": "FAILED"}
    assert delivery.sent == 59


def spoiled_by(*bad: str) -> Callable[[list[str]], dict[str, str]]:
    def step(called: list[str]) -> dict[str, str]:
        if set(called) & set(bad):
            raise error("BadRequestException", f"{bad} is spoiling it")
        return {}

    return step


def test_a_refused_call_is_halved_until_the_bad_mail_is_alone(world: World):
    world.ses.script.extend([spoiled_by("p13@example.com", "p37@example.com")] * 100)
    delivery = world.deliver(mails(50))
    assert delivery.refused == {"e13": "BadRequestException", "e37": "BadRequestException"}
    assert sorted(world.ses.outbox) == sorted(set(addresses(mails(50))) - {"p13@example.com", "p37@example.com"})
    assert len(world.ses.calls) < 30


def test_a_template_that_cannot_be_sent_does_not_stop_the_other(world: World):
    changes = [mail._replace(mark=f"c{mail.mark}") for mail in mails(60, PROFILE_CHANGED)]
    world.ses.script.append(lambda called: dict.fromkeys(called, "TEMPLATE_NOT_FOUND"))
    delivery = world.deliver([*changes, *mails(5)])
    assert delivery.failed == {PROFILE_CHANGED: "TEMPLATE_NOT_FOUND"}
    assert delivery.sent == 5
    assert set(delivery.unsent) == {mail.mark for mail in changes}
    assert len(world.ses.calls) == 2


def test_what_was_sent_before_a_failure_is_marked(world: World):
    world.ses.script.extend([None, error("SendingPausedException")])
    delivery = world.deliver(mails(60))
    assert delivery.failed == {WELCOME: "SendingPausedException"}
    assert len(world.table.items) == 50


def test_a_failure_in_one_status_hands_back_what_waits_beside_it(world: World):
    world.ses.script.append(
        lambda _: {"p0@example.com": "ACCOUNT_SENDING_PAUSED", "p1@example.com": "ACCOUNT_THROTTLED"}
    )
    delivery = world.deliver(mails(3))
    assert set(delivery.unsent) == {"e0", "e1"}
    assert world.clock.waits == 0


def test_after_a_lost_answer_nothing_more_is_begun(world: World):
    world.ses.after.append(error("ConnectionLost", transient=True, ambiguous=True))
    delivery = world.deliver(mails(120))
    assert len(world.ses.calls) == 1
    assert len(delivery.unsent) == 120


def test_marks_that_cannot_be_written_stop_the_sending_and_repeat_nobody(world: World):
    world.table.script.extend([None, None, error("AccessDeniedException"), error("AccessDeniedException")])
    delivery = world.deliver(mails(120))
    assert (delivery.sent, delivery.unmarked) == (50, 50)
    assert set(delivery.unsent) == {f"e{n}" for n in range(50, 120)}


class Killed(BaseException):
    """Lambda ends the function, at once."""


def kill_before_sending(world: World, call: int) -> None:
    world.ses.script.extend([*[None] * call, Killed()])


def kill_after_sending(world: World, call: int) -> None:
    world.ses.after.extend([*[None] * call, Killed()])


def kill_before_marking(world: World, call: int) -> None:
    world.table.script.extend([None, *[None] * (2 * call), Killed()])


def kill_while_marking(world: World, call: int) -> None:
    world.table.script.extend([None, *[None] * (2 * call), None, Killed()])


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize(
    ("kill", "repeated"),
    [(kill_before_sending, 0), (kill_after_sending, 50), (kill_before_marking, 50), (kill_while_marking, 25)],
)
def test_a_killed_function_repeats_at_most_the_call_it_was_killed_in(
    world: World, kill: Callable[[World, int], None], repeated: int, call: int
):
    batch = mails(100)
    kill(world, call)
    with pytest.raises(Killed):
        world.deliver(batch)
    world.deliver(batch)
    copies = Counter(world.ses.outbox)
    assert set(copies) == set(addresses(batch))
    assert sum(copies.values()) - len(batch) == repeated


def test_killed_after_the_last_mark_it_repeats_nothing(world: World):
    world.deliver(mails(100))
    world.deliver(mails(100))
    assert len(world.ses.outbox) == 100


STEP = st.sampled_from(
    [
        None,
        status("ACCOUNT_THROTTLED", *range(0, 70, 3)),
        status("TRANSIENT_FAILURE", 5, 6),
        status("FAILED", 7, 61),
        status("ACCOUNT_DAILY_QUOTA_EXCEEDED", *range(20, 70)),
        status("MESSAGE_REJECTED", 3),
        spoiled_by("p9@example.com"),
        error("TooManyRequestsException", transient=True),
        error("SendingPausedException"),
        error("AccessDeniedException"),
    ]
)
MARK_STEP = st.sampled_from([None, None, 0, 1, 24])


@given(
    steps=st.lists(STEP, max_size=25),
    mark_steps=st.lists(MARK_STEP, max_size=40),
    seconds=st.sampled_from([20.0, 120.0]),
    share=st.sampled_from([0.0, 0.5, 1.0]),
)
@example(steps=[], mark_steps=[0] * 11, seconds=20.0, share=0.5)
@example(steps=[], mark_steps=[0] * 11, seconds=20.0, share=1.0)  # nobody can read the marks in time
@example(steps=[], mark_steps=[None] + [0] * 40, seconds=20.0, share=1.0)  # nor write them
def test_through_any_faults_each_mail_is_sent_once_or_accounted_for(steps, mark_steps, seconds: float, share: float):
    world = World(share)
    world.ses.script.extend(steps)
    world.table.script.extend(mark_steps)
    batch = mails(70)
    refused: set[str] = set()
    unmarked = 0
    while batch:
        delivery = world.delivery(seconds)
        try:
            delivery.deliver(batch)
        except MarksUnavailableError:  # Lambda repeats the whole batch
            assert (delivery.sent, delivery.refused, delivery.unsent) == (0, {}, {})
            continue
        unmarked += delivery.unmarked
        refused |= set(delivery.refused)
        assert delivery.sent + delivery.already_sent + len(delivery.refused) + len(delivery.unsent) == len(batch)
        first = next((n for n, mail in enumerate(batch) if mail.mark in delivery.unsent), len(batch))
        batch = batch[first:]
    copies = Counter(world.ses.outbox)
    assert sum(copies.values()) - len(copies) <= unmarked
    assert {mail.mark for mail in mails(70)} - refused == {f"e{address[1:].split('@')[0]}" for address in copies}
    assert refused <= {"e3", "e9"}


def test_marks_that_stay_throttled_are_told_before_anything_is_sent(world: World):
    world.table.script.extend([0] * 1000)
    with pytest.raises(MarksUnavailableError, match="throttled until the time was over"):
        world.deliver(mails(70), 20.0)
    assert world.ses.calls == []
    assert world.clock.now < 1019


def test_mails_whose_marks_stay_throttled_are_counted_and_nothing_more_is_sent(world: World):
    world.table.script.extend([None] + [0] * 1000)
    delivery = world.deliver(mails(70), 20.0)
    assert (delivery.sent, delivery.unmarked, len(delivery.unsent)) == (50, 50, 20)
    assert world.clock.now < 1019
