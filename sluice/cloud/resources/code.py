"""The code of a function, zipped as it runs here."""

import io
import zipfile
from pathlib import Path

from pulumi import FileArchive

from sluice.packages.installation import LOCAL, bundled, install

_PACKAGES = "packages"
"""Beside an archive: packages as they were installed."""


def zipped(archive: FileArchive) -> bytes:
    """Returns the zip of an archive's folder; in place of packages for Lambda there are the same for this interpreter.

    Raises:
        RequirementsError: The packages cannot be had for this interpreter.
    """
    folder = Path(archive.path)
    files = _files(folder)
    if pins := bundled(folder):
        requirements, platform = pins
        cache = folder.parent / _PACKAGES
        there = _files(install([requirements], platform, cache))
        files = {name: path for name, path in files.items() if name not in there}
        files |= _files(install([requirements], LOCAL, cache))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, path in sorted(files.items()):
            zip_file.write(path, name)
    return memory.getvalue()


def _files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
