import io
import urllib.error

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from rich.console import Console

from sluice import interruption, state, watching
from sluice import terminal as console
from sluice.watching import Watcher, watch

READY = state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {"region": "eu-north-1", "imports": {}})
GONE = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no table"}}, "Scan")
ERRORS = [
    GONE,
    EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"),
    ReadTimeoutError(endpoint_url="http://127.0.0.1:4566"),
    urllib.error.URLError("refused"),
    TimeoutError("timed out"),
    OSError(24, "Too many open files"),
    ValueError("no JSON"),
    KeyError("imports.items.ledger_table_name"),
]


def mail(subject):
    return {"to": ["ada@example.com"], "subject": subject, "sent_at": "2026-11-27T12:00:00.000Z"}


def entry(name, status="SUCCEEDED"):
    counts = {"rows_written": 1, "rows_rejected": 0, "error": None}
    return {
        "object": f"b/incoming/{name}",
        "version": "v",
        "status": status,
        "finished_at": "2026-11-27T12:00:01.000Z",
        **counts,
    }


class Cloud:
    """What there is to see; an error instead is raised."""

    def __init__(self):
        self.mails, self.entries = [], []

    def sent(self, endpoint, token, *, after=0):
        assert endpoint == "http://127.0.0.1:4566"
        if isinstance(self.mails, Exception):
            raise self.mails
        return self.mails[after:]

    def ledger(self, _target):
        if isinstance(self.entries, Exception):
            raise self.entries
        return self.entries


@pytest.fixture
def cloud(monkeypatch):
    cloud = Cloud()
    monkeypatch.setattr(watching, "mails", cloud.sent)
    monkeypatch.setattr(watching, "entries", cloud.ledger)
    monkeypatch.setattr(watching, "_PAUSE_SECONDS", 0.001)
    return cloud


@pytest.fixture
def told(monkeypatch):
    told = io.StringIO()
    for name in ("out", "err"):
        monkeypatch.setattr(console, name, Console(file=told, highlight=False, soft_wrap=True))
    return told


def test_mails_and_imports_are_shown_once(cloud, told):
    watcher = Watcher(READY)
    cloud.mails = [mail("one")]
    cloud.entries = [entry("a.csv"), entry("b.csv", "RUNNING")]
    watcher.look()
    cloud.mails = [mail("one"), mail("two")]
    cloud.entries = [entry("a.csv"), entry("b.csv", "FAILED")]
    watcher.look()
    watcher.look()
    assert [line.split("  ", 1)[1] for line in told.getvalue().splitlines()] == [
        "mail  ada@example.com: one",
        "import  incoming/a.csv: SUCCEEDED, 1 row written, 0 rejected",
        "mail  ada@example.com: two",
        "import  incoming/b.csv: FAILED, 1 row written, 0 rejected",
    ]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_look_that_fails_is_told_once_and_looking_goes_on(cloud, told, error):
    watcher = Watcher(READY)
    cloud.mails, cloud.entries = [mail("one")], error
    (problem,) = watcher.look()
    assert problem.startswith("The imports cannot be looked at (")
    assert str(error) in problem
    assert [watcher.look() for _ in range(3)] == [[], [], []]
    assert watcher.failing
    cloud.mails, cloud.entries = error, [entry("a.csv")]
    (problem,) = watcher.look()
    assert problem.startswith("The mails cannot be looked at (")
    cloud.mails = [mail("one"), mail("two")]
    assert watcher.look() == []
    assert not watcher.failing
    assert [line.split()[-1] for line in told.getvalue().splitlines()] == ["one", "rejected", "two"]


def test_what_fails_again_after_it_worked_is_told_again(cloud):
    watcher = Watcher(READY)
    for _ in range(2):
        cloud.entries = GONE
        assert len(watcher.look()) == 1
        cloud.entries = []
        assert watcher.look() == []


def test_another_reason_is_told(cloud):
    watcher = Watcher(READY)
    for error in ERRORS:
        cloud.mails = error
        assert len(watcher.look()) == 1


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_watching_goes_on_until_the_emulator_has_ended(cloud, told, error):
    looks = iter([True] * 20 + [False])
    cloud.mails = cloud.entries = error
    watch(lambda: next(looks), Watcher(READY))
    assert next(looks, "none left") == "none left"
    assert len(told.getvalue().splitlines()) == 2


def test_an_emulator_that_ends_is_no_problem(cloud, told):
    looks = iter([True, False])
    cloud.mails = ERRORS[1]
    watch(lambda: next(looks), Watcher(READY))
    assert told.getvalue() == ""


def test_watching_goes_on_where_nobody_can_be_told(cloud, monkeypatch):
    def broken(*_):
        raise BrokenPipeError

    for name in ("note", "show_mail", "show_import"):
        monkeypatch.setattr(watching, name, broken)
    cloud.mails, cloud.entries = [mail("one")], [entry("a.csv")]
    looks = iter([True] * 5 + [False])
    watch(lambda: next(looks), Watcher(READY))
    assert list(looks) == []


def test_who_asks_for_the_end_gets_it(cloud, monkeypatch):
    monkeypatch.setattr(interruption.asked, "wait", lambda _seconds: True)
    with pytest.raises(KeyboardInterrupt):
        watch(lambda: True, Watcher(READY))
