"""Installs the packages of a `requirements.txt` into a folder, once for each content and platform."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sluice.packages import RequirementsError
from sluice.packages.requirements import pinned
from sluice.packages.wheels import kept, unpack

_GLIBC = 34
"""The glibc of Amazon Linux 2023, on which functions run: 2.34. Wheels for older ones run there too, down to 2.17."""
_EDITION = 1
"""Incremented when the same requirements are to be unpacked differently."""


class Platform(NamedTuple):
    """Where packages are to run."""

    name: str
    python: str
    """Such as `3.14`; this machine's interpreter if `name` is `local`."""

    @property
    def requirements_name(self) -> str:
        """The file at the top of an archive that pins the packages in it, for use on other machines."""
        return f"requirements-{self.name}-{self.python}.txt"

    @property
    def is_local(self) -> bool:
        """Whether it is this interpreter's own."""
        return self.name == "local"


LOCAL = Platform("local", f"{sys.version_info.major}.{sys.version_info.minor}")


def lambda_arm64(python: str) -> Platform:
    """Returns the platform of functions on arm64 with a Python such as `3.14`."""
    return Platform("arm64", python)


def bundled(archive: Path) -> tuple[Path, Platform] | None:
    """Returns the file that pins the packages in an archive's folder, and their platform; None if it has none."""
    for file in archive.glob("requirements-arm64-*.txt"):
        return file, lambda_arm64(file.stem.rpartition("-")[2])
    return None


def install(requirements: Sequence[Path], platform: Platform, cache: Path) -> Path:
    """Returns the folder that holds the packages of requirements files, and nothing else.

    Args:
        requirements: Files of which each line pins a package, with its hashes.
        platform: Where they are to run.
        cache: The folder below which such folders are kept; one for each content and platform.

    Raises:
        RequirementsError: The file is invalid, a package cannot be installed, there is neither pip nor uv, or a wheel
            is invalid.
    """
    markers = None if platform.is_local else _markers(platform)
    lines = list(dict.fromkeys(line for file in requirements for line in pinned(file, markers)))
    names = ", ".join(map(str, requirements))
    machine = sys.implementation.cache_tag + os.uname().machine if platform.is_local else ""
    content = repr((_EDITION, platform, machine, lines))
    folder = cache / f"{platform.name}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        file, fresh = Path(scratch, "requirements.txt"), Path(scratch, "packages")
        file.write_text("\n".join(lines) + "\n")
        fresh.mkdir()
        if any(not line.startswith("-") for line in lines):
            _install(file, platform, Path(scratch), fresh, names)
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    return folder


def _install(file: Path, platform: Platform, scratch: Path, fresh: Path, requirements: str) -> None:
    if importlib.util.find_spec("pip"):
        wheels = scratch / "wheels"
        command = [sys.executable, "-m", "pip", "download", "--dest", str(wheels), *_pip_platform(platform)]
        _run([*command, "--disable-pip-version-check", "--no-input", *_common(file)], platform, requirements)
        unpack(sorted(wheels.iterdir()), fresh)
    elif uv := _uv():
        target = scratch / "installed"
        command = [uv, "pip", "install", "--target", str(target), *_uv_platform(platform)]
        _run([*command, "--link-mode", "copy", "--quiet", *_common(file)], platform, requirements)
        _copy(target, fresh)
    else:
        raise RequirementsError(
            f"{requirements} asks for packages, and there is neither pip nor uv: install one of them"
        )


def _uv() -> str | None:
    # First beside this interpreter: its virtual environment need not be active.
    return shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def _common(file: Path) -> list[str]:
    return ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(file)]


def _pip_platform(platform: Platform) -> list[str]:
    if platform.is_local:
        return []
    tags = [*(f"manylinux_2_{minor}_aarch64" for minor in range(_GLIBC, 16, -1)), "manylinux2014_aarch64"]
    return [
        *(part for tag in tags for part in ("--platform", tag)),
        *("--python-version", platform.python, "--implementation", "cp"),
    ]


def _uv_platform(platform: Platform) -> list[str]:
    if platform.is_local:
        return ["--python", sys.executable]
    return ["--python-platform", f"aarch64-manylinux_2_{_GLIBC}", "--python-version", platform.python]


def _run(command: Sequence[str], platform: Platform, requirements: str) -> None:
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")] or lines[-3:]
        where = "this machine" if platform.is_local else f"Lambda (arm64, Python {platform.python})"
        raise RequirementsError(f"{requirements} cannot be installed for {where}: {' '.join(errors)}")


def _copy(installed: Path, fresh: Path) -> None:
    """Copies what uv has installed, without scripts and everything else that `unpack` leaves out."""
    for path in installed.rglob("*"):
        place = PurePosixPath(path.relative_to(installed))
        if path.is_file() and kept(place) and place.parts[0] not in ("bin", "include") and place.name != ".lock":
            (fresh / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, fresh / place)


def _markers(platform: Platform) -> dict[str, str]:
    """The values of environment markers on Lambda: https://peps.python.org/pep-0508/#environment-markers."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{platform.python}.0",
        "os_name": "posix",
        "platform_machine": "aarch64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{platform.python}.0",
        "python_version": platform.python,
        "sys_platform": "linux",
    }
