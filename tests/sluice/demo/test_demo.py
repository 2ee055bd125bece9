import re
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from sluice import cli, demo
from sluice.demo import imports
from sluice.demo.scene import Scene


def run() -> tuple[int, str, str]:
    result = CliRunner().invoke(cli.cli, ["demo"])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.e2e
def test_every_promise_of_the_demo_holds():
    code, told, errors = run()
    assert "FAIL" not in told
    assert len(re.findall(r"^  ok   ", told, re.MULTILINE)) > 15
    assert (code, errors) == (0, "")
    assert "李小龍" in told
    assert re.search(r"^Every check held: 20 checks in \d+ s\. Nothing is left running\. Checked:$", told, re.MULTILINE)


def test_the_end_says_what_was_proved_and_three_next_commands_that_exist(capsys):
    demo.show_end(["each mail went once"], 2, 33.4)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "",
        "Every check held: 2 checks in 33 s. Nothing is left running. Checked:",
        "  each mail went once",
    ]
    commands = [line.split()[3] for line in lines if line.startswith("  python -m sluice ")]
    assert len(commands) == 3
    assert set(commands) <= set(cli.cli.list_commands(click.Context(cli.cli)))


def test_a_promise_that_does_not_hold_fails_the_demo(monkeypatch):
    monkeypatch.setattr(demo, "run", lambda: 2)
    assert run()[::2] == (1, "Error: 2 of the checks above did not hold\n")


def test_a_check_that_fails_is_counted_and_shows_what_was_found(capsys):
    stack: Any = SimpleNamespace(outputs={}, cloud=SimpleNamespace(endpoint="http://127.0.0.1"))
    faults: Any = None
    scene = Scene(stack, faults)
    scene.check("all is well", holds=True, evidence="nothing")
    scene.check("each [row] is there", holds=False, evidence=["[b]", 3])
    assert scene.failed == 1
    assert capsys.readouterr().out == "  ok   all is well\n  FAIL each [row] is there: found ['[b]', 3]\n"


def test_the_demo_says_what_to_do_where_its_files_are_missing(monkeypatch):
    monkeypatch.setattr(imports.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="make setup"):
        imports._dataset("cars.json")
