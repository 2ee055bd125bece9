"""Which environment the targets of make use."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sluice.cloud.program.execution import ROOT


def python(path: Path, version: str) -> Path:
    """Makes what tells a version of Python, and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and its prerequisites."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements-cloud.txt", "requirements-dev.txt"):
        (tmp_path / name).touch()
    return tmp_path


def interpreter(checkout: Path, *arguments: str) -> str:
    """Returns the interpreter that `make check` would run the tests with."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHON" and not name.startswith("MAKE")}
    told = subprocess.run(
        ["make", "-n", "check", *arguments], cwd=checkout, env=env, capture_output=True, text=True, check=True
    ).stdout
    return told.splitlines()[-1].partition(" ")[0]


def test_it_is_that_of_the_checkout(checkout: Path) -> None:
    assert interpreter(checkout) == ".venv/bin/python"
    python(checkout / ".venv/bin/python", "3.11")
    assert interpreter(checkout) == ".venv/bin/python"


def test_the_first_python_makes_it_whichever_it_is(checkout: Path) -> None:
    assert interpreter(checkout, f"PYTHON={python(checkout / 'other', '3.13')}") == ".venv/bin/python"


def test_the_same_python_uses_it(checkout: Path) -> None:
    python(checkout / ".venv/bin/python", "3.11")
    assert interpreter(checkout, f"PYTHON={python(checkout / 'same', '3.11')}") == ".venv/bin/python"


def test_another_python_has_one_of_its_own(checkout: Path) -> None:
    python(checkout / ".venv/bin/python", "3.11")
    assert interpreter(checkout, f"PYTHON={python(checkout / 'other', '3.13')}") == ".venv-3.13/bin/python"
