"""The code of a function, as it runs here."""

import io
import zipfile

import pytest
from pulumi import FileArchive

from infra.code import package
from sluice.cloud.resources.code import zipped
from sluice.packages.installation import LOCAL


@pytest.fixture
def names(tmp_path):
    """The files of a packaged handler's zip, with their content."""

    def zip_of(handler):
        archive = FileArchive(str(package(handler, tmp_path, tmp_path / "build")))
        with zipfile.ZipFile(io.BytesIO(zipped(archive))) as zip_file:
            return {name: zip_file.read(name).decode() for name in zip_file.namelist()}

    return zip_of


def test_an_archive_without_packages_is_zipped_as_it_is(names, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/handler.py").write_text("import json")
    assert names("app.handler.handle") == {"app/handler.py": "import json"}


def test_packages_for_lambda_give_way_to_those_for_this_interpreter(names, tmp_path, make_wheel, make_requirements):
    python = f"cp{LOCAL.python.replace('.', '')}"
    there = make_wheel(("native.py", "there = True"), tags="cp314-cp314-manylinux_2_28_aarch64")
    here = make_wheel(("native.py", "there = False"), ("only_here.py", ""), tags=f"{python}-none-any")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/handler.py").write_text("import native")
    make_requirements(there, here).rename(tmp_path / "app/requirements.txt")
    files = names("app.handler.handle")
    assert files["native.py"] == "there = False"
    assert {"only_here.py", "app/handler.py"} <= files.keys()
