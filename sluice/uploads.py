"""The uploads of `import`: which files, under which keys, and which cannot be imported at all."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_REMEDIES = {
    ".parquet": "write it as CSV or JSON lines, such as with pandas: read_parquet(...).to_csv(...)",
    ".avro": "write it as JSON lines, such as with `fastavro --json`",
    ".orc": "write it as CSV or JSON lines, such as with pandas: read_orc(...).to_csv(...)",
    ".ion": "write it as JSON lines, or load it with DynamoDB's own ImportTable",
    ".xlsx": "save it as CSV UTF-8",
    ".xls": "save it as CSV UTF-8",
    ".ods": "save it as CSV UTF-8",
    ".zip": "unpack it, and compress what is in it with gzip if you like",
    ".tar": "unpack it",
    ".tgz": "unpack it",
    ".7z": "unpack it",
    ".rar": "unpack it",
    ".bz2": "unpack it, or compress it with gzip or zstd",
    ".xz": "unpack it, or compress it with gzip or zstd",
    ".lz4": "unpack it, or compress it with gzip or zstd",
    ".snappy": "unpack it, or compress it with gzip or zstd",
}
"""Extensions of files that no setting makes readable -> what to do."""
_SIGNATURES = {
    b"PAR1": ".parquet",
    b"Obj\x01": ".avro",
    b"ORC": ".orc",
    b"\xe0\x01\x00\xea": ".ion",
    b"$ion_1_0": ".ion",
    b"PK\x03\x04": ".zip",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
    b"7z\xbc\xaf": ".7z",
}
"""First bytes of such files, whatever their names."""


class Upload(NamedTuple):
    """A file, and its key after the prefix of imports."""

    path: Path
    key: str


def uploads(arguments: Iterable[Path]) -> list[Upload]:
    """Returns the files that arguments name, each with a unique key.

    A file's key is its name, and within a folder its path from there; hidden files of a folder are left out. If two
    files had the same key, it is extended by as much of their paths as distinguishes them.
    """
    depths: dict[Path, int] = {}
    for argument in arguments:
        top = Path(os.path.abspath(argument))  # not resolved: the name of a link is the name that was asked for
        for path in _files(top):
            depths.setdefault(path, len(path.relative_to(top).parts) or 1)
    while True:
        keys = {path: "/".join(path.parts[-depth:]) for path, depth in depths.items()}
        counts = Counter(keys.values())
        clashes = [path for path, key in keys.items() if counts[key] > 1]
        if not clashes:
            return [Upload(path, key) for path, key in keys.items()]
        for path in clashes:
            depths[path] += 1


def unreadable(path: Path) -> str:
    """Returns why a file cannot be imported with any settings, and what to do; empty if it may be possible."""
    with path.open("rb") as file:
        start = file.read(8)
    by_content = (kind for signature, kind in _SIGNATURES.items() if start.startswith(signature))
    suffix = Path(path.name.lower().removesuffix(".gz").removesuffix(".zst")).suffix
    kind = suffix if suffix in _REMEDIES else next(by_content, "")
    return f"{kind.removeprefix('.')} files are not imported: {_REMEDIES[kind]}" if kind else ""


def _files(top: Path) -> Iterable[Path]:
    if not top.is_dir():
        return [top]
    below = (path for path in sorted(top.rglob("*")) if path.is_file())
    return [path for path in below if not any(part.startswith(".") for part in path.relative_to(top).parts)]
