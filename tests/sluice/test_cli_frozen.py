"""An embedded cloud that takes connections and answers nothing, as after SIGSTOP: D8 of the cases."""

import http.client
import socket
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from sluice import cli, state
from sluice import target as target_module
from sluice.cloud.emulator import outbox
from sluice.target import Target

OUTPUTS = {
    "archive_bucket_name": "name",
    "environment": "local",
    "streams": {"users": {"archiver_function_name": "name", "notifier_function_name": "name", "tables": []}},
    "imports": {
        "items": dict.fromkeys(("bucket_name", "prefix", "ledger_table_name", "dead_letter_queue_url"), "name"),
    },
    "reports": {"tables": dict.fromkeys(("bucket_name", "function_name"), "name")},
}
WAY_OUT = "end it with `python -m sluice down`, and start a new one with `python -m sluice up`"


@pytest.fixture
def frozen(checkout):
    """A checkout whose cloud is frozen."""
    with socket.create_server(("127.0.0.1", 0)) as server, state.hold(checkout, "local"):
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        outputs = {"region": "eu-north-1", **OUTPUTS}
        state.publish(checkout, state.Running("local", 1, endpoint, "eu-north-1", outputs))
        yield endpoint


def test_outbox_says_so(frozen, monkeypatch):
    monkeypatch.setattr(outbox, "_PATIENCE_SECONDS", 0.1)
    result = CliRunner().invoke(cli.cli, ["outbox"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: the embedded cloud does not answer (timed out): {WAY_OUT}\n"


@pytest.mark.parametrize("command", ["imports", "report", "failures", "import", "smoke"])
def test_every_other_command_says_so(frozen, command, monkeypatch, capsys):
    monkeypatch.setattr(target_module, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("sluice.terminal.guard_the_rest", lambda: None)
    monkeypatch.setattr("sys.argv", ["sluice", command, *([__file__] if command == "import" else [])])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    told = str(raised.value.code) + capsys.readouterr().err
    assert "the embedded cloud does not answer (" in told
    assert WAY_OUT in told
    assert told.count("Error: ") == 1


def test_nothing_waits_longer_than_ten_seconds(frozen, monkeypatch):
    asked = {}
    monkeypatch.setattr(http.client, "HTTPConnection", lambda _host, _port, **options: asked.update(options) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        outbox.mails(frozen, "token")
    assert asked == {"timeout": 10}
    config = Target({"region": "eu-north-1"}, frozen).client("s3").meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (10, 10, 2)


def test_outbox_as_a_process_ends_in_time(frozen, checkout):
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "sluice", "outbox"],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert time.monotonic() - began >= 9
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)


def test_a_stack_in_aws_is_not_greeted(monkeypatch):
    monkeypatch.setattr(Target, "client", None)
    Target({"region": "eu-north-1"}).greet()
