"""Wheels, unpacked."""

import stat
import zipfile

import pytest

from sluice.packages import RequirementsError, wheels
from sluice.packages.wheels import unpack


@pytest.fixture
def unpacked(tmp_path):
    def paths(*files):
        folder = tmp_path / "unpacked"
        unpack(files, folder)
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    return paths


def test_modules_and_metadata_are_unpacked_without_the_record(make_wheel, unpacked):
    assert unpacked(make_wheel(("sample/__init__.py", ""), ("sample/text.py", ""))) == {
        "sample/__init__.py",
        "sample/text.py",
        "sample-1.0.dist-info/METADATA",
        "sample-1.0.dist-info/WHEEL",
    }


def test_scripts_headers_and_compiled_python_are_left_out(make_wheel, unpacked):
    entries = [
        ("sample-1.0.data/scripts/run", "#!python"),
        ("sample-1.0.data/headers/a.h", ""),
        ("s/__pycache__/a.pyc", ""),
    ]
    assert not {path for path in unpacked(make_wheel(*entries)) if not path.startswith("sample-1.0.dist-info")}


@pytest.mark.parametrize("scheme", ["purelib", "platlib", "data"])
def test_what_belongs_beside_the_modules_lies_there(make_wheel, unpacked, scheme):
    assert "sample/late.py" in unpacked(make_wheel((f"sample-1.0.data/{scheme}/sample/late.py", "")))


@pytest.mark.parametrize("name", ["../out.py", "/out.py", "a/../../out.py", "a\\..\\out.py", "C:/out.py"])
def test_a_wheel_that_reaches_out_of_its_folder_is_refused(make_wheel, unpacked, tmp_path, name):
    with pytest.raises(RequirementsError, match="would write outside its folder"):
        unpacked(make_wheel((name, "")))
    assert not list(tmp_path.rglob("out.py"))


def test_a_link_is_refused(make_wheel, unpacked):
    link = zipfile.ZipInfo("sample/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(RequirementsError, match="holds a link"):
        unpacked(make_wheel((link, "/etc/passwd")))


def test_two_packages_with_different_files_of_one_name_are_refused(make_wheel, unpacked):
    one = make_wheel(("shared/__init__.py", "a = 1"), name="one")
    other = make_wheel(("shared/__init__.py", "a = 2"), name="other")
    with pytest.raises(RequirementsError, match=r"both bring 'shared/__init__.py'"):
        unpacked(one, other)


def test_two_packages_may_share_a_file_of_one_content(make_wheel, unpacked):
    one = make_wheel(("shared/__init__.py", ""), name="one")
    other = make_wheel(("shared/__init__.py", ""), ("shared/b.py", ""), name="other")
    assert {"shared/__init__.py", "shared/b.py"} <= unpacked(one, other)


def test_more_than_a_function_has_room_for_is_refused(make_wheel, unpacked, monkeypatch):
    monkeypatch.setattr(wheels, "UNPACKED_BYTES", 1000)
    with pytest.raises(RequirementsError, match="which is the limit of a function"):
        unpacked(make_wheel(("sample.py", "#" * 1001)))


def test_what_is_no_archive_is_refused(tmp_path, unpacked):
    (tmp_path / "broken-1.0-py3-none-any.whl").write_bytes(b"nothing")
    with pytest.raises(RequirementsError, match=r"broken-1.0-py3-none-any.whl is not a valid wheel"):
        unpacked(tmp_path / "broken-1.0-py3-none-any.whl")
