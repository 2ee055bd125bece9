"""The command line as its users run it: processes in a checkout, and what is left of them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from sluice.cloud.program.execution import ROOT
from sluice.target import Target
from sluice.trail import lines_of
from tests.clients import table as table_of
from tests.stacks import eventually

CONTRACT = {
    "contract", "streams", "imports", "reports", "archive_bucket_name", "mail_sender", "mail_configuration_set_name",
    "alarm_topic_arn", "region", "environment",
}  # fmt: skip


class Commands:
    """Runs commands in a checkout."""

    def __init__(self, root):
        self.root = root

    @contextmanager
    def start(self, *arguments):
        command = [sys.executable, "-m", "sluice", *arguments]
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=self.root, **piped) as process:
            try:
                yield process
            except BaseException:  # a test that failed stops nothing any more
                process.terminate()
                raise

    def run(self, *arguments):
        with self.start(*arguments) as process:
            stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def __call__(self, *arguments):
        """Runs a command that works; returns its output."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        assert "\x1b" not in ended.stdout + ended.stderr
        return ended.stdout

    def processes(self):
        """Processes that belong to this checkout, and have not ended."""
        listed = subprocess.run(["ps", "-axww", "-o", "pid=,stat=,args="], capture_output=True, text=True, check=True)
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        alive = [(pid, row[0]) for pid, stat, *row in rows if row and "Z" not in stat and int(pid) != os.getpid()]
        return [command for pid, command in alive if str(self.root) in command or self._is_within(pid)]

    def _is_within(self, pid):
        try:
            return os.readlink(f"/proc/{pid}/cwd") == str(self.root)
        except OSError:  # it ended just now, or this system has no /proc
            return False

    def nothing_is_left(self):
        end = time.monotonic() + 20
        while (self.processes() or self.state.exists()) and time.monotonic() < end:
            time.sleep(0.05)
        return not self.processes() and not self.state.exists()

    @property
    def state(self):
        return self.root / ".sluice"

    def holder(self, stack="local"):
        return int((self.state / stack / "lock").read_text())


@pytest.fixture
def sluice(checkout, ctrl_c):
    commands = Commands(checkout)
    yield commands
    if commands.state.exists():
        commands.run("down")


def port_of(told):
    (port,) = re.findall(r"(?m)http://127\.0\.0\.1:(\d+)(?: |$)", told)
    return int(port)


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_detached_cloud_does_its_work_until_down_and_then_nothing_is_left(sluice):
    told = sluice("up", "--detach")
    outputs = json.loads(sluice("outputs", "--json"))
    assert outputs.keys() >= CONTRACT
    endpoint = f"http://127.0.0.1:{port_of(told)}"
    table = table_of(endpoint, outputs["streams"]["users"]["tables"][0]["name"])
    table.put_item(Item={"userId": "u-1"})
    target, end = Target(outputs, endpoint), time.monotonic() + 30
    while not lines_of(target) and time.monotonic() < end:
        time.sleep(0.1)
    assert [line["new"] for line in lines_of(target)] == [{"userId": "u-1"}]
    assert json.loads(sluice("failures", "--json")) == []
    assert json.loads(sluice("outbox", "--json")) == []

    beside = ("up", "--program", str(ROOT / "examples/consumer"), "--beside", "local")
    assert sluice(*beside).startswith("Stack roster/local runs")
    roster = json.loads(sluice("outputs", "--json", "--stack", "roster/local"))
    users = outputs["streams"]["users"]["tables"][0]["name"]
    table_of(endpoint, users).put_item(Item={"userId": "u-2"})
    rows = table_of(endpoint, roster["table_name"])
    assert [row["keys"] for row in eventually(lambda: rows.scan()["Items"])] == [{"userId": "u-2"}]
    assert sluice.run(*beside).stderr.startswith("Error: roster/local is already in the cloud of local")

    assert "1 record in" in (sluice.state / "local" / "up.log").read_text()
    found = [sluice.state, *sluice.state.rglob("*")]
    assert {"state.json", "up.log", "ministack.log", "_worker.py"} <= {path.name for path in found}
    assert [str(path) for path in found if path.lstat().st_mode & 0o077 and not path.is_symlink()] == []

    assert sluice("down") == "Stack local stopped.\n"
    assert is_free(port_of(told))
    assert not sluice.state.exists()
    assert sluice.nothing_is_left()


def test_what_runs_is_seen_by_the_commands_that_look(sluice):
    told = sluice("up", "--detach")
    endpoint = f"http://127.0.0.1:{port_of(told)}"
    outputs = json.loads(sluice("outputs", "--json"))
    target = Target(outputs, endpoint)
    table_of(endpoint, outputs["streams"]["users"]["tables"][0]["name"]).put_item(Item={"userId": "u-1"})
    assert eventually(lambda: lines_of(target))

    assert f"export AWS_ENDPOINT_URL={endpoint}\n" in sluice("env")
    assert sluice.run("up").stderr.endswith(f"or use it at {endpoint}\n")

    lambda_, reporter = target.client("lambda"), outputs["reports"]["tables"]["function_name"]
    assert "FunctionError" in lambda_.invoke(FunctionName=reporter, Payload=b'{"scheduled_time": "never"}')
    (stack,) = json.loads(sluice("status", "--json"))
    assert (stack["endpoint"], stack["program"]) == (endpoint, str(sluice.root))
    counts = {each["function"]: (each["invocations"], each["errors"]) for each in stack["functions"]}
    assert (counts["users/archiver"], counts["tables/reporter"]) == ((1, 0), (1, 1))
    assert {each["pipeline"]: each["state"] for each in stack["pipelines"]} == {
        "stream/users": "Enabled",
        "import/items": "Enabled",
        "report/tables": "Enabled",
    }

    (error,) = [entry for entry in json.loads(sluice("logs", "tables/reporter", "--json")) if entry["kind"] == "error"]
    assert error["text"].startswith("handlers.reporter.schedule.NoScheduledTimeError: ")
    assert error["traceback"][0] == "Traceback (most recent call last):"
    (summary,) = json.loads(sluice("logs", "users/archiver", "--json"))
    assert summary["summary"]["RecordsArchived"] == 1

    assert eventually(lambda: mapping(sluice, "users/archiver")["last_processing_result"] == "OK")
    archiver = mapping(sluice, "users/archiver")
    assert (archiver["state"], archiver["batch_size"]) == ("Enabled", 100)
    lambda_.update_event_source_mapping(UUID=archiver["id"], Enabled=False)
    assert eventually(lambda: mapping(sluice, "users/archiver")["state"] == "Disabled")
    check = sluice.run("check")
    assert (check.returncode, check.stderr.count("\n")) == (1, 1)
    assert f"users/archiver ({archiver['id']}) is disabled" in check.stdout

    alarms = json.loads(sluice("alarms", "--json"))
    assert {alarm["state"] for alarm in alarms} == {None}
    assert "docs/operating.md#queue-messages" in {alarm["runbook"] for alarm in alarms}


def mapping(sluice, function):
    """What `mappings` tells of what feeds a function."""
    (found,) = [each for each in json.loads(sluice("mappings", "--json")) if each["function"] == function]
    return found


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_stack_comes_up_beside_another_with_the_same_outputs(sluice, stack):
    with sluice.start("up") as local:
        assert "Stack local runs" in local.stdout.readline()
        told = sluice("up", "--stack", stack, "--detach")
        outputs = json.loads(sluice("outputs", "--json", "--stack", stack))
        assert outputs.keys() >= CONTRACT
        assert outputs["environment"] == stack
        assert port_of(told) != port_of(local.stdout.readline())
        assert "several stacks run" in sluice.run("outputs").stderr
        assert sorted(sluice("down").splitlines()) == sorted([f"Stack {stack} stopped.", "Stack local stopped."])
    assert sluice.nothing_is_left()


def test_the_same_stack_is_refused_twice_and_a_port_too(sluice):
    port = port_of(sluice("up", "--detach"))
    for arguments, reason in (
        (["up"], "stack local runs already in this checkout: stop it with `python -m sluice down`"),
        (["up", "--detach"], "stack local runs already in this checkout: stop it with `python -m sluice down`"),
        (["up", "--stack", "dev", "--port", str(port)], f"port {port} is taken"),
        (["up", "--stack", "dev", "--port", str(port), "--detach"], f"port {port} is taken"),
    ):
        refused = sluice.run(*arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"Error: {reason}")
        assert refused.stderr.count("\n") == 1
    assert [path.name for path in sluice.state.iterdir()] == ["local"]
    sluice("down")
    assert sluice.nothing_is_left()


@pytest.mark.parametrize("detach", [(), ("--detach",)], ids=["here", "detached"])
def test_invalid_settings_are_named_and_nothing_is_left(sluice, detach):
    (sluice.root / "Pulumi.local.yaml").write_text("config:\n  aws:region: x\n  sluice:mail: {sender: y}\n")
    refused = sluice.run("up", *detach)
    assert (refused.returncode, refused.stdout) == (1, "")
    lines = refused.stderr.splitlines()
    assert lines[0] == "Error: the settings of stack local have 3 mistakes:"
    assert [line.split(":")[0] for line in sorted(lines[1:])] == [
        "  Pulumi.local.yaml",
        "  Pulumi.local.yaml",
        "  pipelines.yaml",
    ]
    assert sluice.nothing_is_left()


def test_a_resource_that_cannot_be_created_is_one_line_and_nothing_is_left(sluice):
    (sluice.root / "__main__.py").unlink()
    (sluice.root / "__main__.py").write_text("import pulumi_aws as aws\naws.ec2.Vpc('net', cidr_block='10.0.0.0/16')\n")
    refused = sluice.run("up")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: aws:ec2/vpc:Vpc net: the embedded cloud cannot create this type")
    assert refused.stderr.count("\n") == 1
    assert sluice.nothing_is_left()


def test_ctrl_c_stops_it_all(sluice):
    with sluice.start("up") as process:
        assert "Stack local runs" in process.stdout.readline()
        port = port_of(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    assert stdout.endswith("Stopped; nothing is left running.\n")
    assert is_free(port)
    assert not sluice.state.exists()
    assert sluice.nothing_is_left()


def test_killing_it_leaves_nothing_and_is_no_obstacle(sluice):
    port = port_of(sluice("up", "--detach"))
    os.kill(sluice.holder(), signal.SIGKILL)
    again = port_of(sluice("up", "--detach"))
    assert again == port, "the stack has its port again"
    os.kill(sluice.holder(), signal.SIGKILL)
    assert sluice.nothing_is_left()
    assert is_free(again)


def test_a_table_that_somebody_deletes_is_told_once_and_the_cloud_runs_on(sluice):
    told = sluice("up", "--detach")
    outputs = json.loads(sluice("outputs", "--json"))
    target = Target(outputs, f"http://127.0.0.1:{port_of(told)}")
    target.client("dynamodb").delete_table(TableName=outputs["imports"]["items"]["ledger_table_name"])
    log, end = sluice.state / "local" / "up.log", time.monotonic() + 30
    while "cannot be looked at" not in log.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    table_of(target.endpoint, outputs["streams"]["users"]["tables"][0]["name"]).put_item(Item={"userId": "u-1"})
    while not lines_of(target) and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(2)  # some more looks
    assert [line["new"] for line in lines_of(target)] == [{"userId": "u-1"}]
    assert log.read_text().count("The imports cannot be looked at (ResourceNotFoundException: ") == 1
    assert sluice("down") == "Stack local stopped.\n"
    assert sluice.nothing_is_left()


def test_a_detached_cloud_that_breaks_leaves_its_reason(sluice):
    def break_it():
        sluice("up", "--detach")
        (server,) = pids_of("sluice.cloud.emulator.server", sluice.state)
        os.kill(server, signal.SIGKILL)
        wait_for(sluice.state / "local.crash")

    reason = r"Stack local ended on its own: the emulator ended on its own; nothing is running \(20[-\dT:]+Z\)\n"
    break_it()
    again = sluice.run("up", "--detach")
    assert re.fullmatch(reason, again.stderr)
    assert sluice("down") == "Stack local stopped.\n"
    break_it()
    assert re.fullmatch(reason, sluice("down"))
    assert sluice.nothing_is_left()


def pids_of(module, folder):
    """The processes that run a module of ours in a folder."""
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if f"-m {module} {folder}" in line]


def wait_for(path):
    end = time.monotonic() + 60
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.002)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("detach", [(), ("--detach",)], ids=["here", "detached"])
@pytest.mark.parametrize("sign", [".sluice/local/lock", ".build"], ids=["starting", "deploying"])
def test_a_start_that_is_broken_off_leaves_nothing(sluice, how, detach, sign):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with sluice.start("up", "--port", str(port), *detach) as process:
        wait_for(sluice.root / sign)
        process.send_signal(how)
        process.communicate(timeout=60)
    if how == signal.SIGKILL and sign.endswith("lock"):
        sluice.run(
            "down"
        )  # the emulator, which cleans up behind a process that is killed outright, may not be there yet
    assert sluice.nothing_is_left()
    assert is_free(port)
