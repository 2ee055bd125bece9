"""The checks of a deployed stack, run through a file of outputs, as against AWS; the embedded cloud stands for it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sluice import cli, smoke
from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.target import Target

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with EmbeddedCloud() as cloud:
        yield cloud.deploy("dev")


@pytest.fixture
def run(stack, tmp_path, monkeypatch):
    """`run("smoke")`: a command on the stack, found by its outputs and the environment alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.cloud.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    def run(*arguments: str, **changed: Any) -> Result:
        (tmp_path / "outputs.json").write_text(json.dumps({**stack.outputs, **changed}))
        return CliRunner().invoke(cli.cli, [*arguments, "--outputs", "outputs.json"])

    return run


def left(stack: Stack) -> dict[str, Any]:
    """What lies in tables and buckets."""
    s3, dynamodb = stack.cloud.client("s3"), stack.cloud.client("dynamodb")
    outputs = stack.outputs
    tables = [
        *(table["name"] for table in outputs["streams"]["users"]["tables"]),
        *(outputs["imports"]["items"][f"{name}_name"] for name in ("table", "ledger_table")),
        *outputs["reports"]["tables"]["totals_tables"].values(),
    ]
    found: dict[str, Any] = {name: dynamodb.scan(TableName=name)["Items"] for name in tables}
    for output in ("archive_bucket_name", "imports.items.bucket_name", "reports.tables.bucket_name"):
        listed = s3.list_object_versions(Bucket=stack.output(output))
        found[output] = [held["Key"] for kind in ("Versions", "DeleteMarkers") for held in listed.get(kind, [])]
    return {name: held for name, held in found.items() if held}


def test_the_checks_of_a_healthy_stack_hold_and_leave_nothing(run, stack):
    result = run("smoke")
    assert result.output.splitlines() == [
        "ok   stream/users: a record written and removed is in the audit trail, each once",
        "ok   import/items: a file's import succeeds",
        "ok   import/items: its 30 rows are in the table",
        "ok   report/tables: a report runs and names every group",
    ]
    assert result.exit_code == 0
    stack.wait_idle()
    assert {name: set(held) for name, held in left(stack).items()} == {
        "reports.tables.bucket_name": {"reports/latest.json", "reports/latest.html"}
    }


def test_what_does_not_hold_is_told_and_what_was_written_is_removed_all_the_same(run, stack, monkeypatch):
    monkeypatch.setattr(smoke, "_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(smoke, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(smoke._Trail, "events", lambda _: [])
    result = run("smoke")
    assert result.exit_code == 1
    assert "FAIL stream/users: a record written and removed is in the audit trail, each once" in result.output
    assert "did not hold" in result.stderr
    assert stack.output("streams.users.tables.0.name") not in left(stack)


def test_a_check_that_breaks_removes_what_it_wrote(run, stack, monkeypatch):
    def break_off(_: Any) -> list[str]:
        raise ConnectionError("the network is gone")

    monkeypatch.setattr(smoke._Trail, "events", break_off)
    assert isinstance(run("smoke").exception, ConnectionError)
    assert stack.output("streams.users.tables.0.name") not in left(stack)


def test_prod_is_checked_only_when_told_so(run):
    result = run("smoke", environment="prod")
    assert (result.exit_code, result.stderr) == (1, "Error: this is prod: add --even-prod if you mean it\n")


@pytest.mark.parametrize(
    ("only_to", "enabled", "refused"),
    [("[]", "true", True), ("[]", "false", False), ('["example.com"]', "true", False)],
)
def test_a_stack_that_could_mail_people_is_refused(only_to, enabled, refused):
    class FakeTarget(Target):
        def client(self, service: str) -> Any:
            return self

        def get_function_configuration(self, FunctionName: str) -> Any:
            return {"Environment": {"Variables": {"MAIL_ONLY_TO": only_to, "MAIL_ENABLED": enabled}}}

    streams = {"users": {"notifier_function_name": "notifier"}}
    target = FakeTarget({"environment": "dev", "streams": streams, "reports": {}})
    if not refused:
        smoke.refuse_if_unsafe(target, even_prod=False)
        return
    with pytest.raises(smoke.RefusedError, match="onlyTo"):
        smoke.refuse_if_unsafe(target, even_prod=False)


def test_a_stack_that_runs_here_can_mail_nobody_and_is_checked_whatever_it_is_called():
    smoke.refuse_if_unsafe(Target({"environment": "prod"}, "http://127.0.0.1:1", "eu-north-1"), even_prod=False)


@pytest.mark.parametrize("command", ["outputs", "imports", "failures", "report"])
def test_commands_work_through_outputs_and_environment(run, command):
    result = run(command, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert isinstance(json.loads(result.stdout), (list, dict))


def test_a_file_is_imported_through_outputs_and_environment(run, tmp_path):
    (tmp_path / "orders.csv").write_text("id,price\no-1,3\no-2,4\n,5\n")
    result = run("import", "orders.csv")
    assert result.exit_code == 1
    file, status, *counts = result.stdout.splitlines()[1].split()
    assert (file, status, counts[:3]) == ("incoming/orders.csv", "PARTIAL", ["3", "2", "1"])
    assert result.stderr == ""
