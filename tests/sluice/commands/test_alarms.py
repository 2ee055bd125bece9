import json

import pytest
from click.testing import CliRunner

from sluice import cli, target
from sluice.alarms import Alarm
from sluice.commands import alarms as command
from tests.sluice.scripted import Scripted

RINGING = Alarm("lag\x1b[2J", "o", "It is late.", "docs/x.md#lag", "ALARM", "2026-11-21T12:00:00+00:00", "3 > 1")
QUIET = Alarm("dead", "o", "It failed.", "docs/x.md#dead", "OK", "2026-11-21T12:00:00+00:00", "fine")


@pytest.fixture
def told(monkeypatch):
    """`told(alarms, endpoint, arguments)`: the command, on a stack that has these."""

    def run(*alarms, endpoint=None, arguments=()):
        monkeypatch.setattr(target, "chosen_target", lambda *_: Scripted({}, endpoint=endpoint))
        monkeypatch.setattr(command, "alarms", lambda _: list(alarms))
        return CliRunner().invoke(cli.cli, ["alarms", *arguments])

    return run


def test_alarms_are_told_with_their_state_and_why_they_ring(told):
    assert told(RINGING, QUIET).stdout == (
        "ALARM  lag\\x1b[2J  since 2026-11-21T12:00:00+00:00\n"
        "    It is late.\n"
        "    3 > 1\n"
        "    docs/x.md#lag\n"
        "OK  dead  since 2026-11-21T12:00:00+00:00\n"
        "    It failed.\n"
        "    docs/x.md#dead\n"
        "2 alarms, 1 ringing.\n"
    )


def test_the_embedded_cloud_says_that_it_does_not_evaluate_them(told):
    result = told(QUIET._replace(state=None, since=None), endpoint="http://127.0.0.1:1")
    assert result.stdout == "dead\n    It failed.\n    docs/x.md#dead\n1 alarm.\n"
    assert result.stderr.startswith("The embedded cloud does not evaluate alarms")


def test_as_json_there_is_nothing_but_the_alarms(told):
    result = told(RINGING, arguments=["--json"])
    assert json.loads(result.stdout) == [RINGING._asdict()]
