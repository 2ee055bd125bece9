"""Files that are not data: markers, checksums, manifests and the like that programs put beside their files."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_companion(path: str, patterns: Iterable[str]) -> bool:
    """Returns whether a file is not to be imported.

    Args:
        path: The file's key after the prefix of imports.
        patterns: Shell patterns (`*`, `?`, `[...]`) of file names, or, with a slash at the end, of folders above it.
    """
    *folders, name = path.split("/")
    return any(
        any(fnmatchcase(folder, pattern[:-1]) for folder in folders)
        if pattern.endswith("/")
        else fnmatchcase(name, pattern)
        for pattern in patterns
    )
