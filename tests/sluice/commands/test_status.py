import json

import pytest
from botocore.exceptions import EndpointConnectionError
from click.testing import CliRunner

from sluice import cli, state
from sluice.commands import status as command
from sluice.status import FunctionStatus, PipelineStatus, Status

FOUND = Status(
    [FunctionStatus("users/notifier", "notifier-1", 1200, 1)],
    [PipelineStatus("import/items", "Disabled", 1500, 7, 1), PipelineStatus("report/tables", "Enabled", None, None)],
)
RUNNING = state.Running(
    "local",
    7,
    "http://127.0.0.1:4566",
    "eu-north-1",
    {},
    "token",
    "o/p/local",
    "2026-11-21T12:00:00Z",
    "/src",
    "http://127.0.0.1:7/?token=t",
)


@pytest.fixture
def running(monkeypatch, checkout):
    """`running(stacks)`: stacks that run; what each tells is `FOUND`, or what is raised."""

    def run(*stacks, found=FOUND):
        def status(_target):
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(state, "running", lambda _: list(stacks))
        monkeypatch.setattr(command, "status", status)

    return run


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, ["status", *arguments])


def test_what_runs_is_told_with_how_it_does(running):
    running(RUNNING)
    assert sluice().stdout == (
        "Stack local runs since 2026-11-21T12:00:00Z.\n"
        "  endpoint  http://127.0.0.1:4566  (keys test/test, region eu-north-1)\n"
        "  console   http://127.0.0.1:7/?token=t\n"
        "  program   /src\n"
        "\n"
        "function        invocations  errors\n"
        "users/notifier  1,200        1\n"
        "\n"
        "pipeline       state     lag    backlog  dead letters\n"
        "import/items   Disabled  1.5 s  7        1\n"
        "report/tables  Enabled   -      -        -\n"
    )


def test_as_json_each_stack_is_an_object(running):
    running(RUNNING, RUNNING._replace(stack="dev"))
    told = json.loads(sluice("--json").stdout)
    assert [one["stack"] for one in told] == ["local", "dev"]
    assert told[0] == {
        "stack": "local",
        "pid": 7,
        "since": "2026-11-21T12:00:00Z",
        "endpoint": "http://127.0.0.1:4566",
        "region": "eu-north-1",
        "program": "/src",
        "console": "http://127.0.0.1:7/?token=t",
        "functions": [{"function": "users/notifier", "name": "notifier-1", "invocations": 1200, "errors": 1}],
        "pipelines": [
            {
                "pipeline": "import/items",
                "state": "Disabled",
                "lag_ms": 1500,
                "backlog": 7,
                "dead_letters": 1,
                "schedule": None,
            },
            {
                "pipeline": "report/tables",
                "state": "Enabled",
                "lag_ms": None,
                "backlog": None,
                "dead_letters": None,
                "schedule": None,
            },
        ],
    }


def test_a_stack_beside_another_is_told_too(running, checkout):
    running(RUNNING)
    state.publish_beside(checkout, RUNNING._replace(stack="roster/local"), "local")
    assert [one["stack"] for one in json.loads(sluice("--json").stdout)] == ["local", "roster/local"]


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
def test_nothing_running_is_an_error(running, arguments):
    running()
    result = sluice(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: nothing runs in this checkout: start it with `python -m sluice up`\n"


def test_a_cloud_that_does_not_answer_is_told_and_is_an_error(running):
    running(RUNNING, found=EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"))
    result = sluice()
    assert result.exit_code == 1
    assert result.stdout.startswith("Stack local runs since ")
    assert result.stderr.startswith("Error: the embedded cloud does not answer (Could not connect")
