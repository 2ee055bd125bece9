"""Unpacks wheels into one folder, so that its bytes are the same on every machine.

The format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/. Files that a function
does not need, or that differ by installer, are left out: scripts, headers, records, compiled Python.
"""

import shutil
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from sluice.packages import UNPACKED_BYTES, RequirementsError

_KEPT_SCHEMES = ("purelib", "platlib", "data")
_LEFT_OUT = ("RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


def unpack(wheels: Iterable[Path], folder: Path) -> None:
    """Unpacks wheels into a folder.

    Raises:
        RequirementsError: A wheel is not a valid archive, reaches out of the folder, contains links, or has a file that
            another one has with different content; or they take more than Lambda has room for.
    """
    left = UNPACKED_BYTES
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as archive:
                for entry in archive.infolist():
                    left -= entry.file_size
                    if left < 0:
                        raise RequirementsError(
                            f"{wheel.name}: the packages take more than {UNPACKED_BYTES >> 20} MiB, which is the "
                            "limit of a function; leave some out"
                        )
                    if place := _place(entry, wheel.name):
                        _write(archive, entry, folder / place, wheel.name)
        except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            raise RequirementsError(f"{wheel.name} is not a valid wheel: {error}") from None


def kept(path: PurePosixPath) -> bool:
    """Returns whether a file of an installed package belongs in an archive."""
    compiled = "__pycache__" in path.parts or path.suffix == ".pyc"
    return not compiled and not (path.parent.name.endswith(".dist-info") and path.name in _LEFT_OUT)


def _place(entry: zipfile.ZipInfo, wheel: str) -> PurePosixPath | None:
    """Where an entry is put, below the folder; None if it is left out."""
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in path.parts[0]:
        raise RequirementsError(f"{wheel} would write outside its folder: {entry.filename!r}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RequirementsError(f"{wheel} holds a link: {entry.filename!r}")
    if entry.is_dir():
        return None
    if path.parts[0].endswith(".data") and len(path.parts) > 2:
        if path.parts[1] not in _KEPT_SCHEMES:
            return None
        path = PurePosixPath(*path.parts[2:])
    return path if kept(path) else None


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, wheel: str) -> None:
    if target.exists():  # old-style namespace packages share an empty __init__.py
        if target.read_bytes() != archive.read(entry):
            raise RequirementsError(f"{wheel} and another package both bring {entry.filename!r}, with other content")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
