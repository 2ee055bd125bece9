"""A command that cannot go on ends with one line: Ctrl-C, a full disk, a pipe that nobody reads."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from sluice import cli
from sluice.cloud.program.execution import ROOT
from sluice.commands import preview

FULL = "Error: No space left on device: make room, then run it again\n"


def run(shell):
    """Runs a line of bash; `$SLUICE` is the command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell.replace("$SLUICE", f"{sys.executable} -m sluice")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", ["preview", "preview --json", "preview --help"])
def test_a_full_disk_is_one_line(arguments):
    ended = run(f"$SLUICE {arguments} > /dev/full")
    assert (ended.returncode, ended.stderr) == (1, FULL)


@pytest.mark.parametrize("option", ["", "--json"])
def test_a_pipe_that_nobody_reads_to_its_end_is_no_error_that_is_told(option):
    ended = run(f"$SLUICE preview {option} | head -n 1")
    assert not any(word in ended.stderr for word in ("Error", "Traceback", "Exception"))
    assert ended.stdout in ("sluice-local\n", "[\n")


def test_the_file_that_finds_no_room_is_named(monkeypatch):
    def fill(_stack):
        raise OSError(28, "No space left on device", "/tmp/\x1bx")

    monkeypatch.setattr(preview, "_graph", fill)
    result = CliRunner().invoke(cli.cli, ["preview"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: No space left on device (/tmp/\\x1bx): make room, then run it again\n"


def test_another_trouble_with_files_is_not_hidden(monkeypatch):
    def refuse(_stack):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(preview, "_graph", refuse)
    assert isinstance(CliRunner().invoke(cli.cli, ["preview"]).exception, PermissionError)


def test_ctrl_c_is_one_line_and_the_exit_code_of_shells(monkeypatch):
    def interrupt(_stack):
        raise KeyboardInterrupt

    monkeypatch.setattr(preview, "_graph", interrupt)
    result = CliRunner().invoke(cli.cli, ["preview"])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


def test_ctrl_c_before_there_is_a_command_is_one_line_too():
    code = (
        "import runpy, sys\n"
        "class Finder:\n"
        "    def find_spec(name, *_):\n"
        "        if name == 'sluice.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder)\n"
        "sys.argv = ['sluice', 'outputs']\n"
        "runpy.run_module('sluice', run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "Interrupted.\n")
