"""The code of a function, zipped as it runs here."""

import io
import zipfile
from pathlib import Path

from pulumi import FileArchive

from sluice.packages import CACHE, files_of
from sluice.packages.installation import LOCAL, bundled, install


def zipped(archive: FileArchive) -> bytes:
    """Returns the zip of an archive's folder; in place of packages for Lambda there are the same for this interpreter.

    Raises:
        RequirementsError: The packages cannot be had for this interpreter.
    """
    folder = Path(archive.path)
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
            zip_file.write(path, name)
    return memory.getvalue()
