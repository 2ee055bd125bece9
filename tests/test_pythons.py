"""Handlers run on each Python that the package supports and on that of Lambda: their grammar and what they import."""

import ast
import importlib
import sys
import tomllib
from collections.abc import Iterator

import pytest

from infra import standard_library
from infra.function import RUNTIME
from infra.imports import PROVIDED
from sluice.cloud.program.execution import ROOT

Version = tuple[int, int]


def version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)


OLDEST = version(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">="))
NEWEST = version(RUNTIME.value.removeprefix("python"))
LATER = {"annotationlib", "compression"}
"""Public modules that the library has got since the oldest version."""
STAND_INS = {"compression": "backports"}
"""Packages of the extra `cloud` that stand in for such a module, where the handler tries both."""
FILES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "handlers").rglob("*.py"))}


class Imports(ast.NodeVisitor):
    """The modules that a file imports, and the names that it takes out of them, anywhere in it."""

    def __init__(self, text: str) -> None:
        self.found: set[tuple[str, str]] = set()
        self.visit(ast.parse(text))

    def visit_If(self, node: ast.If) -> None:
        """Passes over what only checkers of types read."""
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {(alias.name, "") for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found |= {(node.module or "", alias.name) for alias in node.names}


def imported() -> Iterator[tuple[str, str, str]]:
    """File, module and name of each import of what is not ours."""
    for file, text in FILES.items():
        for module, name in sorted(Imports(text).found):
            if module.partition(".")[0] != "handlers":
                yield file, module, name


IMPORTED = list(imported())


@pytest.mark.parametrize("python", [OLDEST, NEWEST], ids=lambda python: ".".join(map(str, python)))
def test_handlers_have_the_grammar_of_the_version(python: Version) -> None:
    for file, text in FILES.items():
        ast.parse(text, filename=file, feature_version=python)
    assert len(FILES) > 50


def test_a_later_grammar_is_refused() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("type Row = dict[str, str]", feature_version=OLDEST)


def test_handlers_import_what_each_version_has() -> None:
    wanted = {module.partition(".")[0] for _, module, _ in IMPORTED}
    known = standard_library.NAMES | set(PROVIDED)
    assert wanted - known == set(STAND_INS.values())
    assert wanted & LATER == set(STAND_INS)


def test_a_stand_in_is_tried_where_the_module_is_missing() -> None:
    for module, stand_in in STAND_INS.items():
        (file,) = {file for file, found, _ in IMPORTED if found == module}
        assert file in {other for other, found, _ in IMPORTED if found == stand_in}


def test_what_came_later_is_what_this_version_lacks() -> None:
    missing = {name for name in standard_library.NAMES - sys.stdlib_module_names if not name.startswith("_")}
    assert missing == {name for name in LATER if name not in sys.stdlib_module_names}


def test_every_name_that_is_imported_exists_in_this_version() -> None:
    lacking = []
    for file, module, name in IMPORTED:
        if module in STAND_INS and module not in sys.stdlib_module_names:
            continue
        if name and not hasattr(importlib.import_module(module), name):
            try:
                importlib.import_module(f"{module}.{name}")
            except ImportError:
                lacking.append(f"{file}: from {module} import {name}")
    assert lacking == []
