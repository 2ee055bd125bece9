"""Packages, installed for Lambda and for this machine."""

import pytest

from sluice.packages import RequirementsError, installation
from sluice.packages.installation import LOCAL, install, lambda_arm64

LAMBDA = lambda_arm64("3.14")


def paths(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def without_pip(monkeypatch):
    monkeypatch.setattr(installation.importlib.util, "find_spec", lambda name: None)


def test_a_package_is_installed_for_either_platform(make_wheel, make_requirements, tmp_path):
    file = make_requirements(make_wheel(("sample.py", "a = 1")))
    for platform in (LAMBDA, LOCAL):
        assert (install([file], platform, tmp_path / "cache") / "sample.py").read_text() == "a = 1"


@pytest.mark.parametrize("minor", [17, 28, 34])
def test_for_lambda_a_wheel_of_any_glibc_that_it_has_is_taken(make_wheel, make_requirements, tmp_path, minor):
    there = make_wheel(("sample.py", "there = True"), tags=f"cp314-cp314-manylinux_2_{minor}_aarch64")
    here = make_wheel(("sample.py", "there = False"))
    folder = install([make_requirements(there, here)], LAMBDA, tmp_path / "cache")
    assert (folder / "sample.py").read_text() == "there = True"


@pytest.mark.parametrize("tags", ["cp314-cp314-manylinux_2_35_aarch64", "cp313-cp313-manylinux_2_28_aarch64"])
def test_a_package_without_a_wheel_for_lambda_is_refused(make_wheel, make_requirements, tmp_path, tags):
    file = make_requirements(make_wheel(tags=tags))
    with pytest.raises(RequirementsError, match=r"cannot be installed for Lambda \(arm64, Python 3.14\)"):
        install([file], LAMBDA, tmp_path / "cache")


def test_another_content_than_the_pinned_is_refused(make_wheel, make_requirements, tmp_path):
    file = make_requirements(make_wheel(("sample.py", "a = 1")))
    make_wheel(("sample.py", "a = 2"))
    with pytest.raises(RequirementsError, match="cannot be installed"):
        install([file], LAMBDA, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_the_same_file_is_installed_once(make_wheel, make_requirements, tmp_path, monkeypatch):
    file = make_requirements(make_wheel(("sample.py", "a = 1")))
    first = install([file], LAMBDA, tmp_path / "cache")
    monkeypatch.setattr(installation.subprocess, "run", None)
    assert install([file], LAMBDA, tmp_path / "cache") == first


def test_a_file_without_requirements_installs_nothing(tmp_path):
    (tmp_path / "requirements.txt").write_text("# none\n")
    assert not paths(install([tmp_path / "requirements.txt"], LAMBDA, tmp_path / "cache"))


def test_without_pip_and_uv_it_is_said_what_is_missing(
    make_wheel, make_requirements, tmp_path, monkeypatch, without_pip
):
    monkeypatch.setattr(installation.shutil, "which", lambda name, path: None)
    with pytest.raises(RequirementsError, match="there is neither pip nor uv"):
        install([make_requirements(make_wheel())], LAMBDA, tmp_path / "cache")


def test_uv_installs_the_same_bytes_as_pip(make_wheel, make_requirements, tmp_path, request):
    entries = [("sample-1.0.data/scripts/run", "#!python"), ("sample-1.0.data/purelib/late.py", "")]
    file = make_requirements(make_wheel(("sample.py", "a = 1"), *entries))
    by_pip = install([file], LAMBDA, tmp_path / "pip")
    request.getfixturevalue("without_pip")
    by_uv = install([file], LAMBDA, tmp_path / "uv")
    assert {path: (by_uv / path).read_bytes() for path in paths(by_uv)} == {
        path: (by_pip / path).read_bytes() for path in paths(by_pip)
    }
