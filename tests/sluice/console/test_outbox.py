"""The index of mails: read from the newest back, bounded, searched."""

import threading
from collections.abc import Callable
from typing import Any

import click
import pytest

from sluice.cloud.emulator.outbox import Mail, Sent
from sluice.console import outbox
from sluice.console.outbox import Outbox, content_of, mail_of
from sluice.target import Target

HERE = Target({}, "http://127.0.0.1:1", "eu-north-1", "token")


def sent(number: int, to: str = "ada@example.com", subject: str = "", text: str = "", template: str = "t") -> Sent:
    mail: Mail = {"to": [to], "from": "f", "subject": subject, "text": text, "html": "", "sent_at": "2026-11-27"}
    return Sent(number, str(number), mail, template, "{}", "")


class Emulator:
    """The mails that it took, and what it was asked for."""

    def __init__(self) -> None:
        self.mails: list[Sent] = []
        self.asked: list[tuple[int, int]] = []
        self.error: Exception | None = None
        self.before_older: Callable[[], object] = lambda: None

    def add(self, count: int, **of_each: Any) -> None:
        self.mails += [sent(len(self.mails) + number, **of_each) for number in range(1, count + 1)]

    def answer(self, endpoint: str, token: str, *, after: int, most: int, html: bool = True) -> tuple[int, list[Sent]]:
        assert (endpoint, token) == ("http://127.0.0.1:1", "token")
        if self.error:
            raise self.error
        if most and threading.current_thread().name == "outbox":
            self.before_older()
        if most:
            self.asked.append((after, most))
        return len(self.mails), self.mails[after : after + most]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    emulator = Emulator()
    monkeypatch.setattr(outbox, "sent_mails", emulator.answer)
    return emulator


def numbers(index: Outbox, **asked: Any) -> list[int]:
    return [line.number for line in index.found(**asked)]


def test_what_was_read_is_not_read_again(emulator):
    index = Outbox()
    emulator.add(3)
    assert index.look(HERE) == 3
    emulator.add(2)
    assert index.look(HERE) == 5
    index.look(HERE)
    assert numbers(index) == [5, 4, 3, 2, 1]
    assert emulator.asked == [(0, 500), (3, 500)]


def test_a_page_that_cannot_wait_has_the_newest_and_the_others_are_read_on(emulator, monkeypatch):
    monkeypatch.setattr(outbox, "_FAR_BEHIND", 1000)
    gate = threading.Event()
    emulator.before_older = gate.wait
    index = Outbox()
    emulator.add(1200)
    assert index.look(HERE, seconds=0) == 1200
    assert numbers(index) == list(range(1200, 700, -1))
    gate.set()
    index.look(HERE, seconds=20)
    assert numbers(index) == list(range(1200, 0, -1))
    assert emulator.asked == [(700, 500), (200, 500), (0, 200)]


def test_older_mails_that_could_not_be_read_are_read_by_a_later_look(emulator, monkeypatch):
    monkeypatch.setattr(outbox, "_FAR_BEHIND", 500)

    def broken() -> None:
        raise OSError("refused")

    emulator.before_older = broken
    index = Outbox()
    emulator.add(700)
    index.look(HERE, seconds=20)
    assert index.known == 500
    emulator.before_older = lambda: None
    index.look(HERE, seconds=20)
    assert index.known == 700


def test_no_more_are_kept_than_so_many(emulator, monkeypatch):
    monkeypatch.setattr(outbox, "KEPT", 4)
    index = Outbox()
    emulator.add(3)
    index.look(HERE)
    emulator.add(3)
    index.look(HERE)
    assert (numbers(index), index.known) == ([6, 5, 4, 3], 4)
    content = content_of(["ada@example.com"], "t", "{}")
    assert [line.number for line in index.alike(content)] == [3, 4, 5, 6]


def test_after_a_long_while_the_newest_are_read_first(emulator, monkeypatch):
    monkeypatch.setattr(outbox, "_FAR_BEHIND", 5)
    index = Outbox()
    emulator.add(2)
    index.look(HERE)
    emulator.add(600)
    index.look(HERE, seconds=20)
    assert emulator.asked[1:] == [(102, 500), (0, 102)]
    assert numbers(index) == list(range(602, 0, -1))


def test_a_cloud_that_began_anew_is_read_anew(emulator):
    index = Outbox()
    emulator.add(5)
    index.look(HERE)
    emulator.mails = []
    emulator.add(1, subject="new")
    assert index.look(HERE) == 1
    assert [line.subject for line in index.found()] == ["new"]


def test_all_words_are_looked_for_in_address_subject_and_text_in_any_case(emulator):
    index = Outbox()
    emulator.mails = [sent(1, "Ada@example.com", "Hello ADA", "Your order"), sent(2, "bob@example.com", "Hello Bob")]
    index.look(HERE)
    assert numbers(index, words="hello") == [2, 1]
    assert numbers(index, words="ada@EXAMPLE order") == [1]
    assert numbers(index, words="bob order") == []


def test_mails_of_a_template_or_of_none(emulator):
    index = Outbox()
    emulator.mails = [sent(1), sent(2, template="")]
    index.look(HERE)
    assert (numbers(index, template="t"), numbers(index, template="")) == ([1], [2])


def test_a_mail_is_found_by_what_it_says_to_whom(emulator):
    index = Outbox()
    emulator.mails = [sent(1), sent(2), sent(3, "bob@example.com")]
    index.look(HERE)
    assert [line.number for line in index.alike(content_of(["ada@example.com"], "t", "{}"))] == [1, 2]
    assert index.alike(content_of(["ada@example.com"], "t", '{"name":""}')) == []


def test_one_mail_is_asked_for_by_its_number(emulator):
    emulator.add(3)
    assert mail_of(HERE, 2) == emulator.mails[1]
    assert mail_of(HERE, 4) is None


def test_a_cloud_that_does_not_answer_is_told(emulator):
    emulator.error = OSError("refused")
    for ask in (lambda: Outbox().look(HERE), lambda: mail_of(HERE, 1)):
        with pytest.raises(click.ClickException, match=r"does not answer \(refused\)"):
            ask()
