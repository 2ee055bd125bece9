"""What `make mutants` runs: each of its configurations names modules and tests that are there."""

import tomllib
from pathlib import Path

import pytest

from sluice.cloud.program.execution import ROOT

CONFIGURATIONS = sorted((ROOT / "tests/mutants").glob("*.toml"))


def test_there_are_configurations():
    assert CONFIGURATIONS


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_modules_and_tests_are_there(path: Path):
    configuration = tomllib.loads(path.read_text())["cosmic-ray"]
    tests = [word for word in configuration["test-command"].split() if word.startswith("tests/")]
    assert configuration["module-path"]
    assert tests
    assert [name for name in (*configuration["module-path"], *tests) if not (ROOT / name).exists()] == []
