import json

import pytest
from click.testing import CliRunner

from sluice import cli, target
from sluice.commands import logs as command
from sluice.log_entries import Entry
from tests.sluice.scripted import Scripted

AT = "2026-11-21T12:00:00.000Z"
SUMMARY = Entry(
    AT,
    "users/notifier",
    "summary",
    "r-1",
    summary={"records": 1200, "skipped": {"no_address": 2}, "failed": {}, "MailsSent": 0, "Duration": 25.4},
    units={"Duration": "Milliseconds"},
)
FRAME = '  File "/src/.sluice/local/tmp/ministack-lambda-archiver-1-x/code/handlers/a.py", line 1, in f'
ERROR = Entry(
    AT, "users/archiver", "error", "r-2", "KeyError: \x1b[2J", traceback=["Traceback \x07", FRAME, "", "KeyError"]
)


@pytest.fixture
def said(monkeypatch):
    """`said(entries)`: what the functions of a stack said; gives how far back and of which it was asked."""
    asked = []

    def set_to(*entries):
        class Log:
            def __init__(self, _target, function, start, _overlap):
                asked.append((function.short, start))
                self.read = lambda: [entry for entry in entries if entry.function == function.short]

        monkeypatch.setattr(target, "chosen_target", lambda *_: Scripted({}))
        monkeypatch.setattr(command, "Log", Log)
        monkeypatch.setattr(command.time, "time", lambda: 10_000.0)
        return asked

    return set_to


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, ["logs", *arguments])


def test_an_invocation_is_a_row_and_an_error_has_its_traceback_and_nothing_is_obeyed(said):
    said(SUMMARY, ERROR)
    told = sluice()
    assert told.stdout == (
        "2026-11-21T12:00:00Z  users/archiver   KeyError: \\x1b[2J\n"
        "    Traceback \\x07\n"
        '      File "handlers/a.py", line 1, in f\n'
        "\n"
        "    KeyError\n"
        "2026-11-21T12:00:00Z  users/notifier   records 1,200, skipped (no_address 2), Duration 25 ms\n"
    )
    assert told.stderr == "2 lines, 1 error.\n"


def test_one_function_is_asked_for_a_time(said):
    asked = said()
    assert sluice("users/notifier", "--since", "10m").stderr == "0 lines, 0 errors. --since looks further back.\n"
    assert asked == [("users/notifier", 9_400_000)]


@pytest.mark.parametrize("since", ["", "10", "m", "0m", "10 m", "-1h", "1w"])
def test_what_is_no_time_is_refused(said, since):
    said()
    result = sluice("--since", since)
    assert result.exit_code == 2
    assert f"{since!r} is not a duration: write 30s, 10m, 2h or 7d" in result.stderr


def test_an_unknown_function_is_an_error_with_those_there_are(said):
    said()
    assert sluice("nobody").stderr.startswith("Error: the stack has no function nobody; it has users/archiver, ")


def test_as_json_there_are_summaries_and_errors(said):
    said(SUMMARY, ERROR)
    result = sluice("--json")
    assert [sorted(entry) for entry in json.loads(result.stdout)] == [
        ["at", "function", "kind", "request_id", "text", "traceback"],
        ["at", "function", "kind", "request_id", "summary"],
    ]
    assert result.stderr == ""


def test_following_goes_on_until_ctrl_c_and_ends_well(said, monkeypatch):
    said(SUMMARY)
    turns = iter([False, False])

    def wait(_seconds):
        try:
            return next(turns)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(command.interruption, "listen", lambda: None)
    monkeypatch.setattr(command.interruption.asked, "wait", wait)
    result = sluice("-f", "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["request_id"] for line in result.stdout.splitlines()] == ["r-1", "r-1"]
