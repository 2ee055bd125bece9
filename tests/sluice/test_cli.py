"""The commands in this process; as processes they are in tests/e2e."""

import json

import click
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from click.testing import CliRunner
from rich.console import Console

from sluice import cli, state, terminal
from sluice.cloud.program import project
from sluice.commands.preview import short_type

OUTPUTS = {"region": "eu-north-1", "environment": "local", "reports": {"tables": {"prefixes": {"RA": "RA_"}}}}


@pytest.fixture
def running(checkout):
    """A stack that seems to run, held by this process."""
    with state.hold(checkout, "local"):
        state.publish(checkout, state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", OUTPUTS))
        yield


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, arguments)


def test_help_names_every_command():
    told = sluice("--help").output
    assert all(f"  {name} " in told for name in ("up", "down", "preview", "outputs", "outbox", "failures", "demo"))


COMMANDS = cli.cli.list_commands(click.Context(cli.cli))


def test_the_list_of_commands_has_a_line_for_each():
    told = CliRunner().invoke(cli.cli, ["--help"], terminal_width=80).output
    listed = told.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_on_a_narrow_terminal_the_list_of_commands_is_not_cut():
    told = CliRunner().invoke(cli.cli, ["--help"], terminal_width=60).output
    assert "..." not in told.partition("Commands:\n")[2]
    assert max(map(len, told.splitlines())) <= 60


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_two_examples_and_the_exit_codes(name):
    told = sluice(name, "--help").output
    examples = told.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) == 2
    assert f"python -m sluice {name}" in examples[0]
    assert told.count("Exit codes: 0 ") == 1
    known = {
        option for parameter in cli.cli.get_command(click.Context(cli.cli), name).params for option in parameter.opts
    }
    assert {part for line in examples for part in line.split() if part.startswith("--")} <= known


def test_an_unknown_command_is_an_error():
    assert sluice("nope").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--empty", "--stack", "dev"], "--empty starts a cloud without a program"),
        (["--empty", "--beside", "local"], "--empty starts a cloud without a program"),
        (["--beside", "local", "--detach"], "--beside uses the cloud that runs: leave out --port and --detach"),
        (["--program", "nowhere"], "Directory 'nowhere' does not exist"),
        (["--beside", "dev"], "nothing runs in this checkout"),
    ],
)
def test_up_refuses_what_contradicts_itself(checkout, arguments, said):
    result = sluice("up", *arguments)
    assert result.exit_code != 0
    assert said in result.stderr


def test_a_folder_that_is_no_program_is_refused_and_nothing_is_left(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("none")
    result = sluice("up", "--program", str(folder))
    assert result.stderr == f"Error: {folder} has no Pulumi.yaml: name the folder of a Pulumi program\n"
    assert not (checkout / ".sluice").exists()


def test_the_demo_says_that_it_needs_the_repository(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "ROOT", tmp_path)
    assert "clone its repository, then `make demo`" in sluice("demo").stderr


@pytest.mark.parametrize("command", ["outputs", "failures", "outbox", "down"])
def test_what_needs_a_running_cloud_says_that_nothing_runs(checkout, command):
    result = sluice(command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: nothing runs in this checkout")
    assert result.stderr.count("\n") == 1


def test_outputs_are_shown_by_name(running):
    assert sluice("outputs").output == (
        "environment                 local\nregion                      eu-north-1\nreports.tables.prefixes.RA  RA_\n"
    )


def test_outputs_as_json_are_all_that_is_printed(running):
    told = json.loads(sluice("outputs", "--json").stdout)
    assert list(told.items()) == sorted(OUTPUTS.items())


def test_a_preview_shows_the_tree_uncut(checkout):
    lines = sluice("preview", "--stack", "prod").output.splitlines()
    assert lines[0] == "sluice-prod"
    assert "├── sluice-prod-archive Bucket" in lines
    assert "│   ├── sluice-prod-archive s3.Bucket protected" in lines
    assert any("sluice-prod-archive-encryption s3.BucketServerSideEncryptionConfiguration" in line for line in lines)
    assert any(line.endswith("components.") for line in lines)


def test_a_preview_says_who_is_mailed_when_and_warns_of_what_may_surprise(checkout):
    (checkout / "Pulumi.local.yaml").write_text(
        "config:\n  aws:region: eu-north-1\n  sluice:mail: {sender: a@example.com}\n  sluice:reports: null\n"
        "  sluice:streams: {users: {tables: [Orders]}}\n"
        "  sluice:imports: {items: {table: Orders, partitionKey: null}}\n"
    )
    lines = sluice("preview").output.splitlines()
    assert "streams.users mails profile-changed to email on MODIFY of email or name" in lines
    (imported,) = [line for line in lines if line.startswith("warning: imports.items writes into Orders, and streams.")]
    assert lines.index(imported) > next(n for n, line in enumerate(lines) if line.endswith("components."))
    assert any(line.startswith("warning: streams.users: two functions read Orders") for line in lines)


def test_in_a_preview_as_json_remarks_stand_beside_it(checkout):
    result = sluice("preview", "--json")
    assert "streams.users mails welcome to email on INSERT" in result.stderr
    assert json.loads(result.stdout)


def test_a_preview_starts_nothing(checkout, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    assert sluice("preview", "--stack", "prod").exit_code == 0
    assert not (checkout / ".sluice").exists()


def test_a_preview_as_json_is_all_that_is_printed(checkout):
    resources = json.loads(sluice("preview", "--stack", "prod", "--json").stdout)
    (bucket,) = [r for r in resources if (r["type"], r["name"]) == ("aws:s3/bucket:Bucket", "sluice-prod-archive")]
    assert bucket["parent"] == "sluice-prod-archive"
    assert bucket["options"]["protect"] is True


def test_a_preview_with_invalid_settings_names_every_mistake(checkout):
    (checkout / "Pulumi.local.yaml").write_text(
        "config:\n  aws:region: x\n  sluice:mail: {sender: y}\n  sluice:imports: {items: {chunkMiB: 0}}\n"
    )
    result = sluice("preview")
    assert (result.exit_code, result.stdout) == (1, "")
    assert all(key in result.stderr for key in ("aws:region", "sluice:mail.sender", "sluice:imports.items.chunkMiB"))


@pytest.mark.parametrize("command", ["up", "preview"])
@pytest.mark.parametrize("stack", ["nope", "../handlers"])
def test_an_unknown_stack_is_refused_and_no_folder_is_touched(checkout, command, stack, monkeypatch):
    monkeypatch.setattr("sluice.interruption.listen", lambda: None)
    result = sluice(command, "--stack", stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: no stack {stack}: there is no Pulumi.{stack}.yaml; there are dev, local, prod, staging\n"
    )
    assert not (checkout / ".sluice").exists()
    assert (checkout / "handlers" / "__init__.py").exists()


def test_what_aws_refuses_is_one_line(monkeypatch):
    def refuse(**_):
        raise NoCredentialsError

    monkeypatch.setattr(cli, "cli", refuse)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == "Error: AWS: Unable to locate credentials"


@pytest.mark.parametrize("width", [60, 77, 80, 120, 200])
@pytest.mark.parametrize(
    ("error", "before"),
    [
        (
            state.StateError(
                "/home/a/project is in no Pulumi project, and nothing runs in it: go to a project's folder"
            ),
            "",
        ),
        (ClientError({"Error": {"Code": "Denied", "Message": "not you, ask somebody " * 6}}, "Get"), "AWS: "),
    ],
    ids=["state", "AWS"],
)
def test_no_word_of_an_error_is_broken_on_a_terminal(monkeypatch, width, error, before):
    monkeypatch.setattr(terminal, "err", Console(stderr=True, force_terminal=True, width=width, soft_wrap=True))

    def fail(**_):
        raise error

    monkeypatch.setattr(cli, "cli", fail)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    lines = str(raised.value.code).splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(line.strip() for line in lines).split() == f"Error: {before}{error}".split()


def test_an_error_of_our_own_is_not_hidden(monkeypatch):
    def fail(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "cli", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_outside_of_a_checkout_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sluice", "outputs"])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert "is not in a Pulumi project" in str(raised.value.code)


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("aws:s3/bucketPolicy:BucketPolicy", "s3.BucketPolicy"),
        ("aws:lambda/function:Function", "lambda.Function"),
        ("sluice:index:Bucket", "Bucket"),
    ],
)
def test_types_are_shown_as_the_program_writes_them(token, shown):
    assert short_type(token) == shown
