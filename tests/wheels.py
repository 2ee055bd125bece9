"""The wheel as others get it: built, and installed in an environment of its own, in which nothing else is of ours."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

from sluice.cloud.program.execution import ROOT

_BUILT_OF = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "sluice", "infra", "handlers")
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


class Environment(NamedTuple):
    """A virtual environment with the wheel in it, and what it needs."""

    folder: Path
    wheel: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin/python"

    @property
    def sluice(self) -> Path:
        """The installed command."""
        return self.folder / "bin/sluice"

    def run(self, *command: object, cwd: Path) -> str:
        """Runs a command that works in a folder; returns its output."""
        ended = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def build(folder: Path) -> Path:
    """Builds the wheel of the repository as it is now, from a copy of it, and returns its path."""
    source = folder / "source"
    source.mkdir()
    for name in _BUILT_OF:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", ".build"))
        else:
            shutil.copy(path, source / name)
    command = [sys.executable, "-c", _BUILD, str(folder)]
    ended = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return folder / ended.stdout.splitlines()[-1]


def install(folder: Path) -> Environment:
    """Builds the wheel and installs it; what it needs is taken from this environment."""
    environment = Environment(folder / "venv", build(folder))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--python"]
    subprocess.run([*uv, environment.python, environment.wheel], check=True)
    (site,) = environment.folder.glob("lib/python*/site-packages")
    (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment
