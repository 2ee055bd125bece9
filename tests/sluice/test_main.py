"""`python -m sluice` where something is missing: D10 of the cases."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sluice.cloud.program.execution import ROOT

WAY_OUT = "run `make setup`, then use .venv/bin/python (or `. .venv/bin/activate` first)"


def run_bare(*arguments, path=""):
    """Runs a command without what is installed beside Python."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "sluice", *arguments],
        cwd=ROOT, env={"PYTHONPATH": str(path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["outbox"], ["up"], ["--help"]])
def test_without_the_venv_it_says_how_to_get_one(arguments):
    ended = run_bare(*arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Error: {sys.executable} does not have the module click: {WAY_OUT}\n"


def test_with_a_part_of_it_too(tmp_path):
    click = Path(find_spec("click").origin).parent
    (tmp_path / "click").symlink_to(click)
    ended = run_bare("outbox", path=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Error: {sys.executable} does not have the module rich: {WAY_OUT}\n"


def test_what_is_missing_of_sluice_itself_is_not_hidden(tmp_path):
    (tmp_path / "sluice").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (tmp_path / "sluice" / name).write_bytes((ROOT / "sluice" / name).read_bytes())
    ended = subprocess.run([sys.executable, "-m", "sluice"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "No module named 'sluice.cli'" in ended.stderr


def test_an_older_python_is_told(tmp_path):
    code = "import runpy, sys; sys.version_info = (3, 10, 1); runpy.run_module('sluice', run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Error: Sluice needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {WAY_OUT}\n"
    )
