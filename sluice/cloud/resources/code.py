"""The code of a function, zipped for this machine."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pulumi import AssetArchive, FileArchive, FileAsset, StringAsset

from sluice.packages import CACHE, files_of
from sluice.packages.installation import LOCAL, bundled, install


class ArchiveError(Exception):
    """An archive of an unsupported kind; the message names it."""


def zipped(archive: Any, edited: Mapping[str, bytes] | None = None) -> bytes:
    """Returns the zip of an archive; packages for Lambda are replaced by the same packages for this interpreter.

    The same content gives the same zip.

    Args:
        archive: The archive.
        edited: Files that differ from the archive: path in it -> content.

    Raises:
        ArchiveError: It is not on this machine.
        RequirementsError: The packages are not available for this interpreter.
    """
    if isinstance(archive, FileArchive) and Path(archive.path).is_file():
        return Path(archive.path).read_bytes()
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, content in sorted(_contents(archive)):
            entry = zipfile.ZipInfo(name)  # without a time
            entry.external_attr = 0o644 << 16
            zip_file.writestr(entry, (edited or {}).get(name, content), zipfile.ZIP_DEFLATED)
    return memory.getvalue()


def with_hash(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a function with the hash of its code, which shows changes in a folder of the same name."""
    if inputs.get("code") is None or "sourceCodeHash" in inputs:
        return inputs
    return {**inputs, "sourceCodeHash": base64.b64encode(hashlib.sha256(zipped(inputs["code"])).digest()).decode()}


def _contents(archive: Any) -> Iterator[tuple[str, bytes]]:
    """Yields the files of an archive: path in it and content."""
    if isinstance(archive, FileArchive):
        yield from ((name, path.read_bytes()) for name, path in _files(Path(archive.path)).items())
    elif isinstance(archive, AssetArchive):
        for place, held in archive.assets.items():
            if isinstance(held, FileAsset):
                yield place, Path(held.path).read_bytes()
            elif isinstance(held, StringAsset):
                yield place, held.text.encode()
            else:
                yield from ((str(PurePosixPath(place, name)), content) for name, content in _contents(held))
    else:
        raise ArchiveError(
            f"a {type(archive).__name__} is not supported here; files, folders and texts of this machine are"
        )


def _files(folder: Path) -> dict[str, Path]:
    files = files_of(folder)
    if pins := bundled(folder):
        requirements, platform = pins
        cache = folder.parent / CACHE
        there = files_of(install([requirements], platform, cache))
        files = {name: path for name, path in files.items() if name not in there}
        files |= files_of(install([requirements], LOCAL, cache))
    return files
