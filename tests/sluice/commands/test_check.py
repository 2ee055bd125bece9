import json

import pytest
from click.testing import CliRunner

from sluice import cli, target
from sluice.commands import check as command
from sluice.readiness.finding import not_ready, only_aws_knows, ready, unknown
from tests.sluice.scripted import Scripted

BAD = not_ready("identity", "a\x1b[2J is not verified", "open the link")


@pytest.fixture
def check(monkeypatch):
    """`check(findings, endpoint, arguments)`: the command, on a stack of which this is found."""

    def run(*found, endpoint=None, arguments=()):
        monkeypatch.setattr(target, "chosen_target", lambda *_: Scripted({}, endpoint=endpoint))
        monkeypatch.setattr(command, "findings", lambda _: iter(found))
        return CliRunner().invoke(cli.cli, ["check", *arguments])

    return run


def test_a_stack_that_is_ready_is_told_so(check):
    result = check(ready("mappings", "3 mappings enabled"))
    assert (result.exit_code, result.stdout) == (0, "ready      mappings   3 mappings enabled\n")


def test_what_is_not_ready_has_a_remedy_and_is_an_error(check):
    result = check(BAD, ready("mappings", "3 mappings enabled"))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "not ready  identity   a\\x1b[2J is not verified",
        "                      -> open the link",
    ]
    assert result.stderr == "Error: the stack is not ready: 1 problem, listed above\n"


@pytest.mark.parametrize(
    ("finding", "endpoint", "code"),
    [
        (only_aws_knows("quota", "x"), "http://127.0.0.1:1", 0),
        (unknown("quota", "AWS: refused", "ask"), None, 1),
    ],
    ids=["here", "on AWS"],
)
def test_what_cannot_be_known_is_an_error_on_aws_alone(check, finding, endpoint, code):
    assert check(finding, endpoint=endpoint).exit_code == code


def test_as_json_there_is_nothing_but_the_findings(check):
    result = check(BAD, arguments=["--json"])
    assert json.loads(result.stdout) == [
        {
            "check": "identity",
            "status": "not ready",
            "detail": "a\x1b[2J is not verified",
            "remedy": "open the link",
        }
    ]
