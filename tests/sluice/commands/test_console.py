import json
import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from sluice import cli, state, target
from sluice.commands import console as command

RUNNING = state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {}, console="http://127.0.0.1:7/?token=t")


@pytest.fixture
def running(monkeypatch):
    """`running(one)`: a stack that seems to run; returns the addresses that are opened in the browser."""

    def run(one=RUNNING, *, has_browser=True):
        opened = []
        monkeypatch.setattr(target, "chosen", lambda _stack: one)
        monkeypatch.setattr(command.webbrowser, "open", lambda address: opened.append(address) or has_browser)
        return opened

    return run


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, ["console", *arguments])


def test_the_address_of_what_runs_is_printed(running):
    opened = running()
    assert sluice().stdout == "http://127.0.0.1:7/?token=t\n"
    assert opened == []


def test_it_is_opened_where_it_is_asked_for(running):
    opened = running()
    assert sluice("--open").exit_code == 0
    assert opened == [RUNNING.console]


def test_where_there_is_no_browser_that_is_told(running):
    running(has_browser=False)
    assert "There is no browser here" in sluice("--open").stderr


def test_a_stack_beside_another_has_none_of_its_own(running):
    running(RUNNING._replace(stack="consumer/local", console=""))
    result = sluice()
    assert result.exit_code == 1
    assert "consumer/local has no console" in result.stderr


@pytest.mark.parametrize("arguments", [["--stack", "dev", "--outputs", __file__], ["--port", "4566"]])
def test_what_contradicts_itself_is_refused(running, arguments):
    running()
    assert sluice(*arguments).exit_code == 2


@pytest.mark.e2e
def test_a_stack_in_aws_is_served_until_ctrl_c(embedded_cloud, tmp_path, ctrl_c):
    """The embedded cloud is AWS here, by the variable that the SDK reads."""
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"region": "eu-north-1", "environment": "prod"}))
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": embedded_cloud.endpoint}
    served = subprocess.Popen(
        [sys.executable, "-m", "sluice", "console", "--outputs", str(outputs)],
        env={**os.environ, **keys},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=\S{40,}\n", served.stdout.readline())
        assert served.stderr.readline() == "Ctrl-C ends it.\n"
        served.send_signal(signal.SIGINT)
        assert served.wait(10) == 0
        assert served.stderr.read() == ""
    finally:
        served.kill()
        served.wait()
        served.stdout.close()
        served.stderr.close()


def test_a_port_that_is_taken_is_told(embedded_cloud, tmp_path, monkeypatch):
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"region": "eu-north-1"}))
    for name, value in [
        ("ACCESS_KEY_ID", "test"),
        ("SECRET_ACCESS_KEY", "test"),
        ("ENDPOINT_URL", embedded_cloud.endpoint),
    ]:
        monkeypatch.setenv(f"AWS_{name}", value)
    port = embedded_cloud.server.port
    result = sluice("--outputs", str(outputs), "--port", str(port))
    assert result.exit_code == 1
    assert f"port {port} is taken" in result.stderr
