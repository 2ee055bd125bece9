"""What other projects install has what they import."""

import ast
import tomllib
from fnmatch import fnmatchcase

from infra.code import BESIDE
from sluice.cloud.program.execution import ROOT

CONSUMER = ROOT / "examples" / "consumer"


def distributed(package: str) -> bool:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    return any(fnmatchcase(package, pattern) for pattern in patterns)


def packages(top: str) -> list[str]:
    return [".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / top).rglob("__init__.py")]


def test_the_distribution_has_all_that_the_consumer_imports() -> None:
    trees = [ast.parse(path.read_text()) for path in CONSUMER.rglob("*.py") if ".build" not in path.parts]
    imported = [node.module or "" for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = {module.partition(".")[0] for module in imported} & {"infra", "handlers", "sluice"}
    assert ours == {"infra", "sluice"}
    assert [package for top in ours for package in packages(top) if not distributed(package)] == []


def test_the_distribution_has_what_lies_beside_the_modules_of_functions() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert {pattern.removeprefix("*") for pattern in settings["package-data"]["*"]} == set(BESIDE)


def test_the_distribution_has_the_code_of_all_functions() -> None:
    assert "handlers.importer.reading" in packages("handlers")
    assert [package for package in packages("handlers") if not distributed(package)] == []
