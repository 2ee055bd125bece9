import subprocess

import pytest
from click.testing import CliRunner

from sluice import cli, state, target


@pytest.fixture
def running(monkeypatch):
    """`running(endpoint, region)`: a cloud that seems to run."""

    def run(endpoint="http://127.0.0.1:4566", region="eu-north-1"):
        one = state.Running("local", 1, endpoint, region, {}, "token")
        monkeypatch.setattr(target, "chosen", lambda _stack: one)

    return run


def test_the_aws_cli_and_sdks_are_pointed_to_the_cloud(running):
    running()
    assert CliRunner().invoke(cli.cli, ["env"]).stdout == (
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n"
        "export AWS_ACCESS_KEY_ID=test\n"
        "export AWS_SECRET_ACCESS_KEY=test\n"
        "export AWS_REGION=eu-north-1\n"
        "export AWS_DEFAULT_REGION=eu-north-1\n"
        "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_SECURITY_TOKEN\n"
    )


def test_what_would_lead_elsewhere_is_unset(running, monkeypatch):
    running()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.com")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    script = CliRunner().invoke(cli.cli, ["env"]).stdout
    assert script.endswith(" AWS_ENDPOINT_URL_S3 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS\n")


def test_a_shell_runs_nothing_but_the_exports(running, tmp_path):
    running(region="x; touch pwned; echo '$(touch pwned)'")
    script = CliRunner().invoke(cli.cli, ["env"]).stdout
    shell = ["sh", "-c", f'{script}printf %s "$AWS_REGION"']
    told = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == "x; touch pwned; echo '$(touch pwned)'"
    assert list(tmp_path.iterdir()) == []


def test_nothing_running_is_an_error(checkout):
    result = CliRunner().invoke(cli.cli, ["env"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: nothing runs in this checkout: start it with `python -m sluice up`\n"
