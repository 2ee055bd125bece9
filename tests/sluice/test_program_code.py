import os
import subprocess
from pathlib import Path

import pytest

from sluice.program_code import has_module, run_module


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path


def write(program: Path, text: str) -> None:
    (program / "shop" / "shown.py").write_text(text)


def test_it_knows_which_modules_there_are(program):
    write(program, "")
    assert has_module(program, "shop.shown")
    assert not has_module(program, "shop.other")


def test_a_module_runs_in_the_programs_folder_with_what_it_is_given(program):
    write(program, "import os, sys; print(os.getcwd(), sys.argv[1:], os.environ['MINE'], sys.stdin.read())")
    ended = run_module(program, "shop.shown", "a", "b c", variables={"MINE": "1"}, given=b"text")
    assert (ended.returncode, ended.stdout.decode().strip()) == (0, f"{program} ['a', 'b c'] 1 text")


def test_nothing_of_the_developers_environment_is_passed_on(program, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    write(program, "import json, os; print(json.dumps(dict(os.environ)))")
    told = run_module(program, "shop.shown", variables={}, packages="/packages").stdout.decode()
    assert "secret" not in told
    assert '"PYTHONPATH": "/packages"' in told
    assert os.environ["PATH"] in told


def test_a_module_that_takes_too_long_is_ended(program):
    write(program, "import time; time.sleep(60)")
    with pytest.raises(subprocess.TimeoutExpired):
        run_module(program, "shop.shown", variables={}, seconds=0.3)
