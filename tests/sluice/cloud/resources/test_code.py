"""The code of a function, as it runs here."""

import io
import zipfile

import pytest
from pulumi import AssetArchive, FileArchive, FileAsset, RemoteArchive, StringAsset

from infra.code import package
from sluice.cloud.resources.code import ArchiveError, zipped
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


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_archive_of_files_folders_and_texts_is_put_together(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text("import other")
    (tmp_path / "file.py").write_text("x = 1")
    archive = AssetArchive(
        {
            "file.py": FileAsset(str(tmp_path / "file.py")),
            "text.txt": StringAsset("hello"),
            ".": FileArchive(str(tmp_path / "app")),
            "below": FileArchive(str(tmp_path / "app")),
        }
    )
    assert unzipped(zipped(archive)) == {
        "file.py": b"x = 1",
        "text.txt": b"hello",
        "main.py": b"import other",
        "below/main.py": b"import other",
    }


def test_a_file_that_is_an_archive_is_taken_as_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("app.py", "x = 1")
    assert zipped(FileArchive(str(tmp_path / "app.zip"))) == (tmp_path / "app.zip").read_bytes()


def test_an_archive_from_elsewhere_is_refused():
    with pytest.raises(ArchiveError, match="a RemoteArchive is not supported here"):
        zipped(RemoteArchive("https://example.com/app.zip"))
