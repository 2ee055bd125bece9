"""What others install: one package, whose components and functions are those of the repository."""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.code import BESIDE, package
from sluice import __version__
from sluice.cloud.program.execution import ROOT
from tests.infra.reading import REGION
from tests.wheels import Environment, install

pytestmark = pytest.mark.slow

HANDLERS = [f"handlers.{function}.handler.handle" for function in ("archiver", "importer", "notifier", "reporter")]
STAGE = """
import sys
from pathlib import Path
from sluice.components.code import package
for handler in sys.argv[2:]:
    print(package(handler, build=Path(sys.argv[1])))
"""
NOTIFIER = """
from sluice.program_code import OWN, has_module
print(has_module(OWN, "handlers.notifier.preview"))
"""
# In a process of its own: setuptools will not be imported where distutils is already.
AS_IN_WHEEL = """
import runpy, sys
from pathlib import Path
in_wheel = runpy.run_path("setup.py")["in_wheel"]
print(in_wheel(Path(sys.argv[1]).read_text()), end="")
"""
RECORD = """
import json, runpy, sys
from pathlib import Path
from sluice.cloud.program import execution
from sluice.cloud.program.recording import Recorder
from pulumi import FileArchive
recorder = Recorder(sys.argv[1])
execution.run("dev", recorder, root=Path.cwd())
def show(value):
    if isinstance(value, FileArchive):
        return Path(value.path).name
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
print(json.dumps([vars(each) for each in recorder.graph.resources.values()], default=show))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return install(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def files(environment: Environment) -> dict[str, bytes]:
    with zipfile.ZipFile(environment.wheel) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


def test_it_holds_one_package(files: dict[str, bytes]) -> None:
    assert {name.partition("/")[0] for name in files} == {"sluice", f"sluice_pipelines-{__version__}.dist-info"}


def test_it_is_typed(files: dict[str, bytes]) -> None:
    assert "sluice/py.typed" in files


def test_the_code_of_functions_is_there_byte_for_byte(files: dict[str, bytes]) -> None:
    ours = {
        f"sluice/components/functions/{path.relative_to(ROOT)}": path.read_bytes()
        for path in (ROOT / "handlers").rglob("*")
        if path.suffix in (".py", *BESIDE) and "__pycache__" not in path.parts
    }
    assert {name: content for name, content in files.items() if "/functions/" in name} == ours


def imported(content: bytes) -> set[str]:
    """The top-level packages that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_nothing_in_it_imports_what_only_the_repository_has(files: dict[str, bytes]) -> None:
    modules = {name for name in files if name.endswith(".py") and "/functions/" not in name}
    repository = {"infra", "handlers", "policies", "tests", "benchmarks", "examples"}
    assert {name: found for name in modules if (found := imported(files[name]) & repository)} == {}


def test_it_tells_its_version(environment: Environment, tmp_path: Path) -> None:
    assert environment.run(environment.sluice, "--version", cwd=tmp_path) == f"sluice {__version__}\n"


def test_its_metadata_names_version_and_license(files: dict[str, bytes]) -> None:
    folder = f"sluice_pipelines-{__version__}.dist-info"
    metadata = files[f"{folder}/METADATA"].decode().splitlines()
    assert {f"Version: {__version__}", "License-Expression: Apache-2.0", "License-File: LICENSE"} <= set(metadata)
    assert files[f"{folder}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_archives_are_those_of_the_repository_byte_for_byte(environment: Environment, tmp_path: Path) -> None:
    staged = environment.run(environment.python, "-c", STAGE, tmp_path / "theirs", *HANDLERS, cwd=tmp_path)
    for handler, folder in zip(HANDLERS, map(Path, staged.splitlines()), strict=True):
        ours = package(handler, build=tmp_path / "ours")
        assert folder.name == ours.name
        assert contents(folder) == contents(ours)


def test_the_console_finds_the_code_of_the_installed_notifier(environment: Environment, tmp_path: Path) -> None:
    assert environment.run(environment.python, "-P", "-c", NOTIFIER, cwd=tmp_path) == "True\n"


def test_the_program_and_the_components_of_the_wheel_make_equal_graphs(
    environment: Environment, tmp_path: Path
) -> None:
    program = environment.run(sys.executable, "-c", AS_IN_WHEEL, ROOT / "__main__.py", cwd=ROOT)
    (tmp_path / "__main__.py").write_text(program)
    (tmp_path / "infra").symlink_to(ROOT / "infra")  # the templates that the settings name
    for path in (*ROOT.glob("Pulumi*.yaml"), ROOT / "pipelines.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    theirs = json.loads(environment.run(environment.python, "-P", "-c", RECORD, REGION, cwd=tmp_path))
    ours = json.loads(environment.run(sys.executable, "-c", RECORD, REGION, cwd=ROOT))
    assert sorted(theirs, key=lambda each: each["urn"]) == sorted(ours, key=lambda each: each["urn"])
    assert len(ours) > 100


def test_a_program_that_uses_it_is_checked_for_types(environment: Environment, tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copytree(ROOT / "examples/own-program", program, ignore=shutil.ignore_patterns(".build", "venv"))
    right = (program / "infra/warehouse.py").read_text()
    (program / "infra/wrong.py").write_text(right.replace('"failures_bucket_arn"', '"failure_bucket_arn"'))
    checker = [sys.executable, "-m", "pyright", "--pythonpath", environment.python, "."]
    told = subprocess.run(checker, cwd=program, capture_output=True, text=True, check=False).stdout
    assert '"failure_bucket_arn" is an undefined item in type "StreamPipelineArgs"' in told
    assert told.rstrip().rpartition("\n")[2].startswith("1 error,")
