from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from handlers.reporter.handler import _deadlines as deadlines
from handlers.reporter.keeping.marks import ClaimedError, Marks, MarksUnavailableError
from handlers.reporter.mailing import Mailer, payload, usable
from handlers.reporter.showing.mail import Mail
from tests.handlers.reporter.fakes import Faults, Ses, error
from tests.handlers.reporter.keeping.test_marks import Clock, Store

MAIL = Mail("subject", "<p>html</p>", "text")
SENDER = ("no-reply@example.com", "mails")
TO = ["one@example.com", "two@example.com"]


class Sent(NamedTuple):
    """What became of mails."""

    sent: int = 0
    before: int = 0
    refusals: Sequence[str] = ()


class Post:
    """A mailer with its outbox, store and clock."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.ses = Ses(self.faults)
        self.store = Store()
        self.clock = Clock()
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def send(self, owner: str = "run", seconds: float = 60) -> Sent:
        def sleep(pause: float) -> None:
            self.slept.append(pause)
            self.on_sleep()

        mailer = Mailer(self.ses, *SENDER, deadlines(seconds), sleep)
        mailer.send(MAIL, TO, Marks(self.store, owner, 30, self.clock))
        return Sent(mailer.sent, mailer.before, tuple(mailer.refusals))


@pytest.fixture
def post() -> Post:
    return Post()


def test_each_recipient_gets_one_mail_of_their_own(post: Post) -> None:
    assert post.send() == Sent(sent=2)
    assert post.ses.to == TO


def test_a_repeated_run_sends_nothing(post: Post) -> None:
    post.send()
    assert post.send("again") == Sent(before=2)
    assert post.ses.to == TO


def test_a_refused_recipient_stops_no_other_and_is_tried_again(post: Post) -> None:
    post.faults.on("SendEmail", "one@", error("SendEmail", "MessageRejected", 400))
    assert post.send() == Sent(sent=1, refusals=("recipient 1 of 2: MessageRejected",))
    post.faults.clear()
    assert post.send("again") == Sent(sent=1, before=1)
    assert post.ses.to == ["two@example.com", "one@example.com"]


def test_refusals_name_no_address(post: Post) -> None:
    refused = error("SendEmail", "MessageRejected", 400)
    refused.message = "one@example.com is not verified"
    post.faults.on("SendEmail", "", refused)
    assert post.send().refusals == ("recipient 1 of 2: MessageRejected", "recipient 2 of 2: MessageRejected")


def test_a_crash_between_two_mails_repeats_neither(post: Post) -> None:
    post.faults.on("SendEmail", "two@", MemoryError())  # type: ignore[arg-type]  # the invocation's end
    with pytest.raises(MemoryError):
        post.send()
    post.faults.clear()
    post.clock.now += 31
    assert post.send("again") == Sent(sent=1, before=1)
    assert post.ses.to == TO


def test_a_run_waits_while_another_sends_and_then_sends_what_is_left(post: Post) -> None:
    other = Marks(post.store, "other", 30, post.clock)
    other.claim()
    post.on_sleep = other.release
    assert post.send() == Sent(sent=2)
    assert post.slept == [1.0]


def test_a_run_that_waited_in_vain_fails_and_sends_nothing(post: Post) -> None:
    Marks(post.store, "other", 30, post.clock).claim()
    with pytest.raises(ClaimedError):
        post.send(seconds=1.5)
    assert post.ses.outbox == []


def test_no_mail_goes_out_that_could_not_be_marked(post: Post) -> None:
    post.store.failure = error("save")
    with pytest.raises(MarksUnavailableError):
        post.send()
    assert post.ses.outbox == []


def test_marks_that_fail_stop_the_sending(post: Post) -> None:
    post.ses.accepted = lambda address: setattr(post.store, "failure", error("save"))
    with pytest.raises(MarksUnavailableError):
        post.send()
    assert post.ses.to == TO[:1]


def test_a_mark_is_waited_for_since_its_mail_has_gone(post: Post) -> None:
    outage = error("save")
    outage.transient = True

    def away(_: object) -> None:
        post.store.failure = outage

    post.ses.accepted = away
    post.on_sleep = lambda: setattr(post.store, "failure", None)
    assert post.send() == Sent(sent=2)
    assert post.slept == [1.0, 1.0]
    assert post.send("again") == Sent(before=2)


def test_a_mark_is_waited_for_until_the_runs_end(post: Post) -> None:
    outage = error("save")
    outage.transient = True
    post.ses.accepted = lambda address: setattr(post.store, "failure", outage)
    with pytest.raises(MarksUnavailableError):
        post.send(seconds=1.5)
    assert (post.ses.to, post.slept) == (TO[:1], [])


def test_answers_go_where_they_are_asked_to() -> None:
    asked = payload(MAIL, "one@example.com", *SENDER, "help@example.com")
    assert asked["ReplyToAddresses"] == ["help@example.com"]


def test_a_mail_has_a_text_beside_its_html_and_a_configuration_set() -> None:
    assert payload(MAIL, "one@example.com", *SENDER) == {
        "FromEmailAddress": "no-reply@example.com",
        "ConfigurationSetName": "mails",
        "Destination": {"ToAddresses": ["one@example.com"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "subject", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "text", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>html</p>", "Charset": "UTF-8"},
                },
            }
        },
    }


@pytest.mark.parametrize(
    ("only_to", "allowed"),
    [
        ([], ["a@example.com", "b@example.org"]),
        (["example.org"], ["b@example.org"]),
        (["a@example.com"], ["a@example.com"]),
        (["example.net"], []),
    ],
)
def test_only_usable_and_allowed_recipients_are_mailed_once_each(only_to: list[str], allowed: list[str]) -> None:
    assert usable(["a@example.com", "nobody", " a@example.com ", "b@example.org"], only_to) == allowed
