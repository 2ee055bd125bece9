"""A copy of the repository, in which the commands of pages are run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands import run
from tests.docs.markdown import ROOT

_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules")


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Path]:
    """A copy of the repository; whatever runs in it is stopped at the end."""
    path = tmp_path / "fork"
    shutil.copytree(ROOT, path, ignore=_NOT_COPIED)
    yield path
    run(path, "test ! -d .sluice || python -m sluice down")
