import json

import click
import pytest

from sluice import state, target
from sluice.target import Target

OUTPUTS = {"region": "eu-north-1", "archive_bucket_name": "archive"}


@pytest.fixture
def run_stacks(monkeypatch, tmp_path):
    def run(*names):
        found = [state.Running(name, 1, f"http://{name}", "eu-north-1", OUTPUTS) for name in names]
        monkeypatch.setattr(state, "checkout", lambda: tmp_path)
        monkeypatch.setattr(state, "running", lambda _: found)

    return run


@target.targeted
def describe(target):
    click.echo(f"{target.endpoint} {target['archive_bucket_name']}")


command = click.command(describe)


def invoke(*arguments):
    from click.testing import CliRunner

    return CliRunner().invoke(command, arguments)


def test_the_only_stack_that_runs_is_meant(run_stacks):
    run_stacks("dev")
    assert invoke().output == "http://dev archive\n"


def test_of_several_stacks_one_is_named(run_stacks):
    run_stacks("dev", "local")
    assert invoke("--stack", "local").output == "http://local archive\n"


def test_of_several_stacks_none_is_guessed(run_stacks):
    run_stacks("dev", "local")
    result = invoke()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: several stacks run: choose one with --stack, of dev, local\n"


def test_a_stack_that_does_not_run_is_an_error_with_those_that_do(run_stacks):
    run_stacks("dev")
    assert "stack prod does not run in this checkout; running: dev" in invoke("--stack", "prod").stderr


def test_a_stack_that_was_put_beside_is_meant_only_by_its_name(run_stacks, tmp_path):
    run_stacks("dev")
    beside = state.Running("roster/dev", 1, "http://dev", "eu-north-1", {**OUTPUTS, "archive_bucket_name": "theirs"})
    state.publish_beside(tmp_path, beside, "dev")
    assert invoke().output == "http://dev archive\n"
    assert invoke("--stack", "roster/dev").output == "http://dev theirs\n"


def test_nothing_running_is_an_error_that_says_how_to_start(run_stacks):
    run_stacks()
    result = invoke()
    assert result.exit_code == 1
    assert result.stderr == "Error: nothing runs in this checkout: start it with `python -m sluice up`\n"


def test_a_stack_in_aws_is_given_by_its_outputs(tmp_path):
    (tmp_path / "outputs.json").write_text(json.dumps(OUTPUTS))
    assert invoke("--outputs", str(tmp_path / "outputs.json")).output == "None archive\n"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"text"', "\udcff"])
def test_a_file_without_outputs_is_an_error_that_says_how_to_write_one(tmp_path, content):
    path = tmp_path / "outputs.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    result = invoke("--outputs", str(path))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "write it with `pulumi stack output --json`" in result.stderr


def test_a_stack_is_here_or_in_aws_not_both(tmp_path):
    (tmp_path / "outputs.json").write_text(json.dumps(OUTPUTS))
    result = invoke("--outputs", str(tmp_path / "outputs.json"), "--stack", "local")
    assert result.exit_code == 2
    assert "give one of them" in result.stderr


def test_an_output_that_is_not_there_is_an_error_with_those_that_are():
    with pytest.raises(click.ClickException, match="no output nothing; it has archive_bucket_name, region"):
        Target(OUTPUTS)["nothing"]


def test_clients_of_a_stack_here_go_to_its_endpoint():
    client = Target(OUTPUTS, "http://127.0.0.1:4566").client("s3")
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:4566", "eu-north-1")


def test_clients_of_a_stack_in_aws_go_there(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = Target(OUTPUTS).client("s3")
    assert client.meta.endpoint_url == "https://s3.eu-north-1.amazonaws.com"


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566"])
def test_a_function_is_never_invoked_a_second_time_because_it_takes_long(endpoint):
    assert Target(OUTPUTS, endpoint).client("lambda").meta.config.read_timeout == 900


def test_a_client_is_made_once():
    made = Target(OUTPUTS, "http://127.0.0.1:4566")
    assert made.client("s3") is made.client("s3")
