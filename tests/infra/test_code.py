import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pulumi
import pytest

from infra import code
from infra.code import ROOT, CodeError, archive, package
from infra.imports import ImportsError

HANDLERS = sorted(
    f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}.handle" for path in ROOT.glob("handlers/*/handler.py")
)


def write(root, **files):
    """Writes modules, named with `__` for the dots between packages; each package gets an `__init__.py`."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for folder in path.relative_to(root).parents[:-1]:
            (root / folder / "__init__.py").touch()
    return root


def packaged(tmp_path, handler="app.sender.handler.handle", **files):
    """Gives the files of a handler's package, by path."""
    folder = package(handler, write(tmp_path / "sources", **files), tmp_path / "build")
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


PACKAGES = {"app/__init__.py", "app/sender/__init__.py", "app/sender/handler.py"}


def test_a_package_holds_the_handler_and_the_packages_around_it(tmp_path):
    assert packaged(tmp_path, app__sender__handler="import json", app__other__handler="").keys() == PACKAGES


@pytest.mark.parametrize(
    "statement",
    [
        "import app.shared.text",
        "import app.shared.text as t",
        "from app.shared import text",
        "from app.shared.text import upper",
        "def handle():\n    from app.shared import text",
        "try:\n    import app.shared.text\nexcept ImportError:\n    pass",
        "if not TYPE_CHECKING:\n    from app.shared import text",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from app.shared import text",
    ],
)
def test_a_package_holds_what_the_handler_imports(tmp_path, statement):
    files = packaged(tmp_path, app__sender__handler=statement, app__shared__text="", app__shared__other="")
    assert files.keys() == PACKAGES | {"app/shared/__init__.py", "app/shared/text.py"}


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_what_only_type_checkers_import_is_left_out(tmp_path, guard):
    files = packaged(tmp_path, app__sender__handler=f"if {guard}:\n    import app.shared.text", app__shared__text="")
    assert files.keys() == PACKAGES


def test_what_an_imported_module_imports_is_held_too_even_in_a_circle(tmp_path):
    files = packaged(
        tmp_path,
        app__sender__handler="import app.shared.a",
        app__shared__a="import app.shared.b",
        app__shared__b="import app.shared.a",
    )
    assert files.keys() == PACKAGES | {"app/shared/__init__.py", "app/shared/a.py", "app/shared/b.py"}


def test_what_a_package_imports_is_held_too(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="", app__shared__a="")
    (root / "app/sender/__init__.py").write_text("import app.shared.a")
    folder = package("app.sender.handler.handle", root, tmp_path / "build")
    assert (folder / "app/shared/a.py").is_file()


def test_files_that_a_held_module_may_read_from_its_folder_are_held(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="import app.shared.a", app__shared__a="", app__other__b="")
    beside = ("app/top.txt", "app/sender/page.html", "app/shared/style.css", "app/shared/list.json")
    for path in (*beside, "app/other/style.css", "app/shared/page/deep.css"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("content")
    for path in ("app/sender/requirements.txt", "app/sender/notes.md", "app/sender/handler.pyc"):
        (root / path).touch()
    (root / "app/sender/folder.txt").mkdir()
    folder = package("app.sender.handler.handle", root, tmp_path / "build")
    assert contents(folder).keys() == PACKAGES | {
        "app/shared/__init__.py",
        "app/shared/a.py",
        *beside,
        "requirements-arm64-3.14.txt",
    }
    (root / "app/shared/style.css").write_text("other")
    assert package("app.sender.handler.handle", root, tmp_path / "build") != folder


def test_the_sources_are_read_and_never_run(tmp_path):
    text = "raise SystemExit('ran')"
    assert packaged(tmp_path, app__sender__handler=text)["app/sender/handler.py"] == text


def test_a_relative_import_is_refused_with_its_place(tmp_path):
    with pytest.raises(ValueError, match=r"app/sender/handler\.py, line 2: a handler imports by absolute names"):
        packaged(tmp_path, app__sender__handler="import json\nfrom . import text", app__sender__text="")


@pytest.mark.parametrize("handler", ["app.sender.missing.handle", "missing.sender.handler.handle", "handler.handle"])
def test_a_handler_that_does_not_exist_is_refused_with_its_name(tmp_path, handler):
    root = write(tmp_path, app__sender__handler="")
    (root / "handler.py").touch()
    module = handler.rpartition(".")[0]
    with pytest.raises(FileNotFoundError, match=f"no module '{module}' below .* is named package.module.function"):
        package(handler, root, tmp_path / "build")


def test_the_same_sources_have_the_same_package(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="import json")
    first = package("app.sender.handler.handle", root, tmp_path / "build")
    written = (first / "app/sender/handler.py").stat().st_mtime_ns
    assert package("app.sender.handler.handle", root, tmp_path / "build") == first
    assert (first / "app/sender/handler.py").stat().st_mtime_ns == written


def test_other_sources_have_another_package(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="import json")
    first = package("app.sender.handler.handle", root, tmp_path / "build")
    write(root, app__sender__handler="import os")
    assert package("app.sender.handler.handle", root, tmp_path / "build") != first


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_package_is_the_same_after_any_import_and_in_another_place(tmp_path, handler):
    before = package(handler, build=tmp_path / "one")
    importlib.import_module(handler.rpartition(".")[0])
    after = package(handler, build=tmp_path / "other")
    assert after.name == before.name
    assert contents(after) == contents(before)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_package_holds_python_sources_and_what_they_read_only(tmp_path, handler):
    importlib.import_module(handler.rpartition(".")[0])
    kinds = {path.suffix for path in package(handler, build=tmp_path).rglob("*") if path.is_file()}
    assert {".py"} <= kinds <= {".py", ".css"}


def test_a_package_that_was_tampered_with_is_renewed(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="import json")
    folder = package("app.sender.handler.handle", root, tmp_path / "build")
    (folder / "app/sender/handler.py").write_text("import os")
    (folder / "app/__pycache__").mkdir()
    (folder / "app/__pycache__/handler.pyc").touch()
    assert package("app.sender.handler.handle", root, tmp_path / "build") == folder
    assert contents(folder).keys() == PACKAGES
    assert (folder / "app/sender/handler.py").read_text() == "import json"


def test_packaging_leaves_nothing_beside_the_package(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="")
    folder = package("app.sender.handler.handle", root, tmp_path / "build")
    assert list((tmp_path / "build").iterdir()) == [folder]


def test_two_programs_that_package_at_once_both_find_it_whole(tmp_path):
    root = write(tmp_path / "sources", app__sender__handler="import app.shared.a", app__shared__a="")
    program = (
        "import sys, pathlib; from infra.code import package; root, build = map(pathlib.Path, sys.argv[1:])\n"
        "print('ready', flush=True); input()\n"
        "for number in range(50):\n"
        "    folder = package('app.sender.handler.handle', root, build / str(number))\n"
        "    for path in ('app/__init__.py', 'app/sender/handler.py', 'app/shared/a.py'): (folder / path).read_bytes()"
    )
    command = [sys.executable, "-B", "-c", program, str(root), str(tmp_path / "build")]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [one.stdout.readline() for one in both if one.stdout] == [b"ready\n"] * 2
    for one in both:
        assert one.stdin
        one.stdin.write(b"go\n")
        one.stdin.flush()
    assert [one.communicate()[1].decode() for one in both] == ["", ""]


def test_a_program_that_comes_second_leaves_the_package_of_the_first_alone(tmp_path, monkeypatch):
    """Between the look at the folder and the renaming, another program may have made it."""
    root = write(tmp_path / "sources", app__sender__handler="")
    rename, made = os.rename, []

    def beaten(fresh, folder):
        if not made:
            monkeypatch.setattr(os, "rename", rename)
            first = package("app.sender.handler.handle", root, tmp_path / "build")
            made.append((first / "app/sender/handler.py").stat().st_ino)
        rename(fresh, folder)

    monkeypatch.setattr(os, "rename", beaten)
    folder = package("app.sender.handler.handle", root, tmp_path / "build")
    assert [(folder / "app/sender/handler.py").stat().st_ino] == made


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_package_can_be_imported_alone(tmp_path, handler):
    """In a fresh interpreter with the AWS SDK beside it, as in Lambda, and nothing of the checkout."""
    folder = package(handler, build=tmp_path)
    module, _, function = handler.rpartition(".")
    program = (
        "import sys, importlib, json\n"
        f"sys.path[:0] = {[str(folder), str(Path(boto3.__file__).parent.parent)]!r}\n"
        f"callable(importlib.import_module({module!r}).{function}) or sys.exit('not callable')\n"
        "print(json.dumps({n: m.__file__ for n, m in sys.modules.items() if hasattr(m, '__file__')}))"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ran.returncode == 0, ran.stderr
    modules = json.loads(ran.stdout)
    ours = [path for name, path in modules.items() if name.partition(".")[0] == "handlers"]
    assert all(path.startswith(str(folder)) for path in ours)
    assert not {name.partition(".")[0] for name in modules} & {"infra", "sluice", "pulumi", "pulumi_aws"}


@pytest.fixture
def with_sample(tmp_path, make_wheel, make_requirements):
    """A root whose handler imports a package that its requirements pin."""
    root = write(tmp_path / "sources", app__sender__handler="import sample")
    file = make_requirements(make_wheel(("sample.py", "a = 1"), ("sample/data.bin", "1")))
    file.rename(root / "app/sender/requirements.txt")
    return root


def test_an_archive_holds_the_packages_that_its_requirements_pin(tmp_path, with_sample):
    folder = package("app.sender.handler.handle", with_sample, tmp_path / "build")
    files = contents(folder)
    assert files["sample.py"] == b"a = 1"
    assert files["requirements-arm64-3.14.txt"] == (with_sample / "app/sender/requirements.txt").read_bytes()
    assert not [path for path in files if path.endswith((".pyc", "RECORD"))]


def test_an_archive_with_packages_has_the_same_name_wherever_it_is_made(tmp_path, with_sample):
    one = package("app.sender.handler.handle", with_sample, tmp_path / "one")
    other = package("app.sender.handler.handle", with_sample, tmp_path / "other")
    assert one.name == other.name
    assert contents(one) == contents(other)


def test_without_its_requirements_an_archive_is_refused(tmp_path, with_sample):
    (with_sample / "app/sender/requirements.txt").unlink()
    with pytest.raises(
        ImportsError, match=r"app/sender/handler\.py, line 1: imports sample, .* app/sender/requirements"
    ):
        package("app.sender.handler.handle", with_sample, tmp_path / "build")


def test_a_module_that_is_loaded_by_name_comes_with_its_packages(tmp_path, with_sample):
    write(with_sample, app__sender__handler="", app__tidy__rows="import sample\n\ndef tidy(row):\n    return row")
    (with_sample / "app/sender/requirements.txt").rename(with_sample / "app/tidy/requirements.txt")
    folder = package("app.sender.handler.handle", with_sample, tmp_path / "build", functions=["app.tidy.rows:tidy"])
    assert {"app/tidy/rows.py", "sample.py"} <= contents(folder).keys()


def test_a_package_called_handlers_elsewhere_is_that_one_and_not_ours(tmp_path, make_wheel, make_requirements):
    root = write(
        tmp_path / "elsewhere",
        handlers__importer__handler="import handlers.shared.observability",
        handlers__shared__observability="own = 1",
        handlers__tidy__rows="import handlers.tidy.text, sample\ntidy = 1",
        handlers__tidy__text="",
    )
    make_requirements(make_wheel(("sample.py", ""))).rename(root / "handlers/tidy/requirements.txt")
    made = archive("handlers.importer.handler.handle", root, functions=["handlers.tidy.rows:tidy"])
    files = contents(Path(made.path))
    assert files["handlers/shared/observability.py"] == b"own = 1"
    assert {path for path in files if path.endswith(".py") and "__init__" not in path} == {
        "handlers/importer/handler.py",
        "handlers/shared/observability.py",
        "handlers/tidy/rows.py",
        "handlers/tidy/text.py",
        "sample.py",
    }
    assert Path(made.path).is_relative_to(root)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program in its working directory that uses a handler of what is installed elsewhere."""
    installed = write(tmp_path / "installed", handlers__importer__handler="from handlers.importer import rules")
    write(installed, handlers__importer__rules="LIMIT = 1")
    monkeypatch.setattr(code, "ROOT", installed)
    (tmp_path / "program").mkdir()
    monkeypatch.chdir(tmp_path / "program")
    return tmp_path / "program"


IMPORTER = "handlers.importer.handler.handle"


def test_a_function_of_the_program_joins_a_handler_that_is_installed(program):
    write(program, shop__rows="from handlers.importer.rules import LIMIT\n\ndef tidy(row):\n    return row")
    folder = package(IMPORTER, code.ROOT, functions=["shop.rows:tidy"])
    assert folder.parent == program / ".build"
    assert {"handlers/importer/handler.py", "handlers/importer/rules.py", "shop/rows.py"} <= contents(folder).keys()


def test_a_file_of_the_program_never_takes_the_place_of_one_that_is_installed(program):
    write(program, handlers__importer__rules="LIMIT = 2", handlers__rows="import handlers.importer.rules\ntidy = 1")
    with pytest.raises(
        CodeError, match=r"handlers/importer/rules\.py is a file of handlers\.rows and, .* rename yours"
    ):
        package(IMPORTER, code.ROOT, functions=["handlers.rows:tidy"])


def test_what_a_module_loaded_by_name_lacks_is_to_be_named_beside_it(tmp_path):
    root = write(
        tmp_path, app__sender__handler="", app__tidy__rows="import app.text\ntidy = 1", app__text="import sample"
    )
    with pytest.raises(ImportsError, match=r"app/text\.py, line 1: .* in app/tidy/requirements\.txt, or do without"):
        package("app.sender.handler.handle", root, tmp_path / "build", functions=["app.tidy.rows:tidy"])


def test_a_file_that_a_package_has_too_is_refused(tmp_path, with_sample):
    write(with_sample, app__sender__handler="import sample", sample="")
    with pytest.raises(CodeError, match=r"sample\.py is a file of app.sender.handler.handle and of a package"):
        package("app.sender.handler.handle", with_sample, tmp_path / "build")


def test_more_than_lambda_has_room_for_is_refused(tmp_path, with_sample, monkeypatch):
    monkeypatch.setattr(code, "UNPACKED_BYTES", 100)
    with pytest.raises(CodeError, match=r"the code of app.sender.handler.handle takes 0 MB, and Lambda allows 0"):
        package("app.sender.handler.handle", with_sample, tmp_path / "build")


def test_code_that_cannot_run_on_lambda_is_refused_without_a_traceback(tmp_path):
    root = write(tmp_path, app__sender__handler="import pydantic")
    with pytest.raises(pulumi.RunError, match=r"app/sender/handler\.py, line 1: imports pydantic"):
        archive("app.sender.handler.handle", root)


def test_a_file_of_settings_goes_into_the_archive(tmp_path):
    root = write(tmp_path, app__sender__handler="import json")
    plain = archive("app.sender.handler.handle", root)
    told = archive("app.sender.handler.handle", root, files={"rules.json": "[1]"})
    assert Path(told.path, "rules.json").read_text() == "[1]"
    assert told.path != plain.path
    assert not Path(plain.path, "rules.json").exists()
