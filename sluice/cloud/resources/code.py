"""The code of a function, zipped as it runs here."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pulumi import FileArchive

from sluice.packages import CACHE, files_of
from sluice.packages.installation import LOCAL, bundled, install


def zipped(archive: FileArchive, edited: Mapping[str, bytes] | None = None) -> bytes:
    """Returns the zip of an archive's folder; in place of packages for Lambda there are the same for this interpreter.

    Args:
        archive: The folder.
        edited: Files that are other than in the folder: path in it -> content.

    Raises:
        RequirementsError: The packages cannot be had for this interpreter.
    """
    folder, contents = Path(archive.path), edited or {}
    files = files_of(folder)
    if pins := bundled(folder):
        requirements, platform = pins
        cache = folder.parent / CACHE
        there = files_of(install([requirements], platform, cache))
        files = {name: path for name, path in files.items() if name not in there}
        files |= files_of(install([requirements], LOCAL, cache))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # of no time: the same code has the same hash
            entry.external_attr = 0o644 << 16
            zip_file.writestr(entry, contents[name] if name in contents else path.read_bytes(), zipfile.ZIP_DEFLATED)
    return memory.getvalue()
