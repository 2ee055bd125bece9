"""Dependencies point one way: who may import what of ours; and the tests mirror the tree (the design, *The house*)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.cloud.program.execution import ROOT

OURS = {"infra", "handlers", "policies", "sluice", "benchmarks", "tests"}
FUNCTIONS = ("archiver", "importer", "notifier", "reporter")
DECLARED = {
    *(f"handlers.{function}.environment" for function in FUNCTIONS),
    *("handlers.importer.reading.encodings", "handlers.importer.reading.format"),  # refused where readers would fail
    "handlers.shared.observability",
    "handlers.shared.variables",
    "handlers.shared.recipients",  # settings refuse the addresses that the functions would refuse
}
"""The names and rules that handlers declare for those who build and judge their surroundings."""
LEAVES = {
    "sluice.aws_errors",
    "sluice.function_answers",
    "sluice.log_entries",
    "sluice.outputs",
    "sluice.packages",
    "sluice.private",
    "sluice.schedules",
    "sluice.yaml_files",
}
MAY_IMPORT = {
    "__main__": {"infra", "sluice.outputs"},
    # One reading of a schedule, for settings and the timetable; packages are installed for Lambda and for this machine.
    "infra": {"infra", *DECLARED, "sluice.outputs", "sluice.packages", "sluice.schedules", "sluice.yaml_files"},
    "package": {"infra", "sluice"},  # the components, and the version
    "handlers": {"handlers"},
    **{f"handlers.{function}": {f"handlers.{function}", "handlers.shared"} for function in FUNCTIONS},
    "handlers.shared": {"handlers.shared"},
    "policies": {"policies", *DECLARED, "sluice.schedules"},
    "sluice": {"sluice"},
    "sluice.cloud": {"sluice.cloud", *LEAVES},
    "sluice.failures": {
        "sluice.failures",
        "sluice.importing",
        "sluice.ledger",
        "sluice.pipelines",
        "sluice.target",
        "sluice.terminal",
        *LEAVES,
    },
    "sluice.console": {"sluice"},
    **{leaf: {leaf} for leaf in LEAVES},
    "benchmarks": {"benchmarks", "infra", "handlers", "sluice"},
    "examples": {"sluice.outputs"},
    "examples.own-program": {"infra", "handlers", "sluice.components"},  # packages of its own of these names
}
"""Module or package -> what it may import of ours; the longest name counts."""


def names() -> Iterator[tuple[str, Path]]:
    """The modules that have a rule, with their files."""
    yield "__main__", ROOT / "__main__.py"
    for folder in ("infra", "handlers", "policies", "package", "sluice", "benchmarks", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not any(part.startswith(".") or part == "venv" for part in parts):  # what others installed or built
                yield ".".join(parts).removesuffix(".__init__"), path


MODULES = dict(names())


def imports(tree: ast.AST, module: str) -> set[str]:
    """What of ours a module imports, anywhere in it."""
    modules: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                modules |= {alias.name for alias in aliases}
            case ast.ImportFrom(level=0, module=str(source), names=aliases):
                modules |= {f"{source}.{alias.name}" for alias in aliases}
            case ast.ImportFrom():
                raise AssertionError(f"{module} imports by a relative name: {ast.unparse(node)}")
    return {name for name in modules if name.partition(".")[0] in OURS}


def lies_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def forbidden(module: str, tree: ast.AST) -> set[str]:
    rule = max((name for name in MAY_IMPORT if lies_in(module, name)), key=len)
    return {name for name in imports(tree, module) if not any(lies_in(name, allowed) for allowed in MAY_IMPORT[rule])}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    assert forbidden(module, ast.parse(MODULES[module].read_text(encoding="utf-8"))) == set()


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("handlers.importer.worker", "from sluice import schedules"),
        ("handlers.shared.inert", "import handlers.notifier.content"),
        ("infra.queue", "from sluice import cli"),
        ("infra.queue", "from handlers.importer import worker"),
        ("policies.loops", "import infra.queue"),
        ("sluice.cloud.embedded", "def late():\n    from infra import settings"),
        ("sluice.cloud.embedded", "from sluice.commands import up"),
        ("sluice.failures.stream", "from sluice.cloud.triggers.streams import batches"),
        ("sluice.schedules", "import sluice.target"),
        ("sluice.cli", "from tests import conftest"),
    ],
)
def test_an_import_against_the_arrows_is_found(module: str, code: str) -> None:
    assert forbidden(module, ast.parse(code))


MIRRORED = ("benchmarks", "examples", "handlers", "infra", "policies", "sluice")
MIRRORS_NO_MODULE = {
    "examples/consumer/test_program.py": "__main__.py",
    "infra/test_program.py": "the whole program, which is __main__.py",
    "infra/test_program_settings.py": "the whole program, whatever its settings",
    "infra/test_schema.py": "the inputs of all pipelines",
    "infra/test_upgrade.py": "the whole program, and what 0.1 made",
    "sluice/test_main.py": "__main__.py",
}
"""Files whose subject is no module beside its mirror image -> what it is."""


def subjects(test: Path) -> Iterator[Path]:
    """What a test file may be about: `test_a_b.py` is about `a_b`, or about a side of `a` that fills a file."""
    words = test.stem.removeprefix("test_").split("_")
    for count in range(len(words), 0, -1):
        name = "_".join(words[:count])
        for folder in (ROOT / test.parent, ROOT / "tests" / test.parent):  # of ours, or a helper of the tests
            yield from (folder / f"{name}.py", folder / name)
    yield ROOT / test.parent.parent / test.stem.removeprefix("test_")  # the package as a whole


def test_a_test_lies_where_its_module_lies() -> None:
    tests = [
        path.relative_to(ROOT / "tests")
        for folder in MIRRORED
        for path in sorted((ROOT / "tests" / folder).rglob("test_*.py"))
    ]
    astray = {str(test) for test in tests if not any(subject.exists() for subject in subjects(test))}
    assert astray == MIRRORS_NO_MODULE.keys()
