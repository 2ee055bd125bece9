"""Files that are no data: what other programs put beside theirs, such as markers, checksums and manifests."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_companion(path: str, patterns: Iterable[str]) -> bool:
    """Returns whether a file is one of those that are not imported.

    Args:
        path: The file's key behind the prefix of imports.
        patterns: As in shells (`*`, `?`, `[...]`), of file names; with a slash at the end of folders on the way to it.
    """
    *folders, name = path.split("/")
    return any(
        any(fnmatchcase(folder, pattern[:-1]) for folder in folders)
        if pattern.endswith("/")
        else fnmatchcase(name, pattern)
        for pattern in patterns
    )
