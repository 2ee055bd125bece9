import re
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from sluice import cli, demo
from sluice.demo import imports, stream
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


def test_a_line_of_the_archive_without_an_image_has_no_name_there():
    line = {"event": "INSERT", "at": "now", "keys": {"userId": "u"}, "old": None, "new": {"name": "Ada"}}
    assert stream._row(line) == ("INSERT", "now", "u", "", "Ada")
