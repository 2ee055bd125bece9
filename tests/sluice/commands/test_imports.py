import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from sluice import cli
from sluice import terminal as console
from sluice.commands import imports

ENTRY = {
    "object": "bucket/incoming/a-rather-long-name-of-a-file-that-nobody-should-cut-because-it-is-in-a-pipe.csv",
    "version": "v1", "status": "PARTIAL", "rows_read": 1200, "rows_written": 1199, "rows_rejected": 1,
    "rows_skipped": 0, "bytes_read": 10, "bytes_total": 10, "chunks_total": 1, "chunks_done": 1,
    "started_at": "2026-11-21T10:00:00Z", "finished_at": "2026-11-21T10:00:01Z", "error": None,
}  # fmt: skip
RUNNING = {**ENTRY, "status": "RUNNING", "bytes_read": 5, "finished_at": None}


@pytest.fixture
def ledger(monkeypatch, tmp_path):
    """`ledger(entries, ...)`: what the ledger says, one time after the other; returns a file of outputs."""

    def ledger(*states):
        monkeypatch.setattr(imports, "entries", lambda _imports: states[-1])
        monkeypatch.setattr(imports, "followed", lambda _imports, _until, _name: iter(states))
        outputs = tmp_path / "outputs.json"
        outputs.write_text('{"region": "eu-north-1", "imports": {}}')
        return str(outputs)

    return ledger


def sluice(*arguments):
    result = CliRunner().invoke(cli.cli, arguments)
    assert result.exit_code == 0, result.output
    return result


def test_imports_are_shown_in_full_in_a_pipe(ledger):
    told = sluice("imports", "--outputs", ledger([ENTRY])).stdout.splitlines()
    assert told[1].split() == [
        ENTRY["object"].removeprefix("bucket/"), "PARTIAL", "1,200", "1,199", "1", "0", "1/1", "2026-11-21T10:00:01Z",
    ]  # fmt: skip
    assert told[-1] == "1 import."


def test_an_import_that_failed_is_shown_with_its_reason(ledger):
    told = sluice("imports", "--outputs", ledger([{**ENTRY, "status": "FAILED", "error": "it is no [UTF-8]"}])).stdout
    assert f"{ENTRY['object'].removeprefix('bucket/')}: it is no [UTF-8]" in told


def test_no_imports_are_shown_as_none(ledger):
    assert sluice("imports", "--outputs", ledger([])).stdout.endswith("0 imports.\n")


def test_imports_as_json_are_all_that_is_printed(ledger):
    result = sluice("imports", "--json", "--follow", "--outputs", ledger([RUNNING], [ENTRY]))
    assert (json.loads(result.stdout), result.stderr) == ([ENTRY], "")


def test_nothing_moves_in_a_pipe(ledger):
    assert sluice("imports", "--follow", "--outputs", ledger([RUNNING], [ENTRY])).stderr == ""


def test_on_a_terminal_what_runs_has_a_bar(ledger, monkeypatch):
    told = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=told, force_terminal=True, width=200))
    sluice("imports", "--follow", "--outputs", ledger([RUNNING], [ENTRY]))
    assert "incoming/a-rather-long" in told.getvalue()
    assert "chunk 1/1" in told.getvalue()


def test_on_a_terminal_what_has_ended_before_has_none(ledger, monkeypatch):
    told = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=told, force_terminal=True, width=200))
    sluice("imports", "--follow", "--outputs", ledger([ENTRY]))
    assert "incoming" not in told.getvalue()
