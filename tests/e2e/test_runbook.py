"""The runbook of rejects and failed files, run as it is written, where buckets keep versions and where they do not."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from handlers.importer import environment
from infra.import_defaults import ColumnType
from infra.import_settings import settings_file
from sluice.target import Target, running
from tests.docs.markdown import ROOT, blocks
from tests.e2e.test_commands import Commands

KEY = "incoming/orders.csv"


@pytest.fixture(params=["local", "prod"])
def sluice(request, checkout):
    """Commands in a checkout where a stack runs: `local` has a bucket without versions, `prod` one with."""
    commands = Commands(checkout)
    assert commands.run("up", "--stack", request.param, "--detach").returncode == 0
    yield commands
    commands.run("down")


def runbook(heading: str, kind: str = "sh") -> list[list[str]]:
    """The commands under a heading."""
    (section,) = re.findall(rf"^### {heading}\n(.*?)(?=^##)", (ROOT / "docs/operating.md").read_text(), re.M | re.S)
    lines = [line for block in blocks(section) if block.info == kind for line in block.body.splitlines()]
    assert lines, f"no commands under {heading}"
    return [shlex.split(line) for line in lines]


def run(arguments: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    assert arguments[:3] == ["python", "-m", "sluice"], arguments
    command = [sys.executable, *arguments[1:]]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)


def columns(target: Target, folder: Path, **types: Literal["N"]) -> None:
    """Deploys the setting `imports.columns`: the importer finds its file of settings wherever it is told."""
    file = folder / f"settings-{len(types)}.json"
    file.write_text(settings_file({name: {"type": ColumnType(kind)} for name, kind in types.items()}, {}, {}, []))
    lambda_, name = target.client("lambda"), target["imports"]["items"]["function_name"]
    variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables[environment.SETTINGS] = str(file)
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def newest(sluice: Commands, key: str = KEY) -> dict[str, Any]:
    return [entry for entry in json.loads(sluice("imports", "--json")) if entry["object"].endswith(key)][-1]


def test_the_fix_for_rejects_works_as_it_is_written(sluice, checkout):
    target = running()
    (checkout / "orders.csv").write_text("id,price\n1,9.50\n2,on request\n")
    columns(target, checkout, price="N")
    listing, plain, again = runbook("function-rejects")
    assert "PARTIAL" in run(plain, checkout).stdout
    listed = run(listing, checkout)
    assert (listed.returncode, "line 3: price: 'on request' is not a number" in listed.stdout) == (0, True)

    columns(target, checkout)  # the file was right, and the setting was not
    first = newest(sluice)
    same = run(plain, checkout)
    if (
        first["version"]
        in target.client("s3").head_object(Bucket=target["imports"]["items"]["bucket_name"], Key=KEY)["ETag"]
    ):
        assert (same.returncode, same.stdout) == (1, "")
        assert f"{KEY}: the same content was imported at {first['finished_at']} (PARTIAL)." in same.stderr
        assert newest(sluice) == first
    done = run(again, checkout)
    assert (done.returncode, "SUCCEEDED" in done.stdout) == (0, True), done.stdout + done.stderr
    entry = newest(sluice)
    assert (entry["rows_written"], entry["rows_rejected"]) == (2, 0)
    assert run(listing, checkout).stdout == "0 rows not imported.\n"


def test_a_mended_file_is_imported_without_more_words(sluice, checkout):
    (checkout / "orders.csv").write_text("id,price\n1,9.50\n2\n")
    _, plain, _ = runbook("function-rejects")
    assert run(plain, checkout).returncode == 1
    (checkout / "orders.csv").write_text("id,price\n1,9.50\n2,3\n")
    assert run(plain, checkout).returncode == 0
    assert newest(sluice)["status"] == "SUCCEEDED"


def test_the_metadata_has_the_same_content_imported_again_too(sluice, checkout):
    target = running()
    (checkout / "orders.csv").write_text("id,price\n1,on request\n")
    columns(target, checkout, price="N")
    run(runbook("function-rejects")[1], checkout)
    columns(target, checkout)
    ((aws, s3, cp, file, uri, option, metadata),) = runbook("function-rejects", "sh aws")
    assert (aws, s3, cp, option, uri) == ("aws", "s3", "cp", "--metadata", f"s3://BUCKET/{KEY}")
    bucket, (name, _, value) = target["imports"]["items"]["bucket_name"], metadata.partition("=")
    target.client("s3").upload_file(str(checkout / file), bucket, KEY, ExtraArgs={"Metadata": {name: value}})
    assert _settled(sluice)["status"] == "SUCCEEDED"


def test_a_failed_file_is_told_and_redriven_as_it_is_written(sluice, checkout):
    listing, redriving = runbook("function-failed-files")
    (checkout / "orders.csv").write_text("sku,price\n1,9.50\n")
    assert run(["python", "-m", "sluice", "import", "orders.csv"], checkout).returncode == 1
    told = run(listing, checkout)
    assert f"{KEY}  FAILED  the header has no column 'id'" in told.stdout
    assert told.stdout.endswith("1 failure: --redrive sends them again, `failures ID` shows one.\n")
    (failure,) = json.loads(sluice("failures", "--json"))
    assert (failure["file"], failure["at"]) == (KEY, newest(sluice)["finished_at"])
    assert failure["next_step"]

    first = newest(sluice)
    redriven = run(redriving, checkout)
    assert (redriven.returncode, redriven.stdout.splitlines()[-1]) == (1, "0 failures taken, 1 left.")
    assert f"{KEY}: failed again: the header has no column 'id'" in redriven.stdout
    sluice("imports", "--follow")
    assert _settled(sluice, after=first["started_at"])["status"] == "FAILED"
    assert len(json.loads(sluice("failures", "--json"))) == 1  # as it is, it cannot be imported

    running().client("s3").delete_object(Bucket=running()["imports"]["items"]["bucket_name"], Key=KEY)
    assert run(listing, checkout).stdout == "0 failures.\n"


def _settled(sluice: Commands, after: str = "") -> dict[str, Any]:
    """The file's newest entry, once its import has ended."""
    for _ in range(30):
        entry = newest(sluice)
        if entry["status"] not in ("RUNNING", "PARTIAL") and entry["started_at"] > after:
            return entry
    raise AssertionError(f"it has not ended: {newest(sluice)}")
