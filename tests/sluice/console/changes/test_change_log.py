"""Changes and what the rules make of them, together."""

from types import SimpleNamespace
from typing import Any

import pytest

from sluice.console.changes import change_log as module
from sluice.console.changes.archive_source import ArchiveSource
from sluice.console.changes.change_log import ChangeLog
from sluice.console.changes.stream_source import StreamSource
from sluice.target import Target
from tests.sluice.console.making import change

HERE = Target({}, "http://127.0.0.1:1", "eu-north-1")
USERS = SimpleNamespace(pipeline={"tables": [{"name": "Users"}]}, function="n", version="1")


class Previews:
    """Judges all as nothing, and notes what it was given."""

    def __init__(self, _program: Any) -> None:
        self.judged: list[list[str]] = []
        self.rulings: dict[str, list[Any]] = {}
        self.problem = ""

    def known(self, one: Any, _notifier: Any) -> list[Any] | None:
        return self.rulings.get(one.id)

    def judge(self, changes: Any, _notifier: Any) -> str:
        self.judged.append([one.id for one in changes])
        if not self.problem:
            self.rulings |= {id_: [] for id_ in self.judged[-1]}
        return self.problem

    def asking_for(self, _content: bytes) -> list[str]:
        return ["e1", "e99"]

    def forget_others(self, ids: set[str]) -> None:
        self.kept = ids


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "Previews", Previews)
    monkeypatch.setattr(module, "notifiers", lambda _target: [USERS])
    return ChangeLog(None)


def test_changes_are_judged_the_newest_first_so_many_at_once(log, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    monkeypatch.setattr(module, "_FEW", 0)
    log.changes.add([change(number) for number in range(1, 4)])
    assert log._judge_some(HERE) is True
    assert log._judge_some(HERE) is False
    assert log._judge_some(HERE) is False
    assert log._previews.judged == [["e3", "e2"], ["e1"]]
    assert log.rulings(change(3)) == []


def test_a_few_wait_for_others(log, monkeypatch):
    log.changes.add([change(1)])
    log._judge_some(HERE)
    log.changes.add([change(2)])
    log._judge_some(HERE)
    assert log._previews.judged == [["e1"]]
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0)
    log._judge_some(HERE)
    assert log._previews.judged == [["e1"], ["e2"]]


def test_a_table_that_mails_nobody_is_not_judged(log):
    orders = change(1, table="Orders")
    log.changes.add([orders])
    assert log._judge_some(HERE) is False
    assert (log._previews.judged, log.notifier(orders), log.rulings(orders)) == ([], None, None)


def test_why_the_rules_cannot_be_asked_is_told_and_they_are_not_asked_without_end(log):
    log._previews.problem = "no program"
    log.changes.add([change(number) for number in range(1, 1500)])
    assert log._judge_some(HERE) is False
    assert log.problem == "no program"
    log._judge_some(HERE)
    assert len(log._previews.judged) == 1
    log._previews.problem = ""
    log.judge(HERE, [change(1)])
    assert log.problem == ""


def test_those_that_ask_for_a_mail_are_found_while_they_are_kept(log):
    one = change(1)
    log.changes.add([one])
    assert log.asking_for(b"") == [one]


def test_a_stream_is_read_here_and_the_archive_in_aws(log):
    assert isinstance(log._source(HERE), StreamSource)
    assert isinstance(log._source(Target({}, None, "eu-north-1")), ArchiveSource)
