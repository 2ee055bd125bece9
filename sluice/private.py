"""Folders and files for their owner alone, whatever the umask: mails and tables of the running cloud lie in them."""

import os
from pathlib import Path

UMASK = 0o077
"""Of processes that write there."""


def make_private(folder: Path) -> None:
    """Makes a folder for its owner alone, with those around it that are missing; shuts one that is there.

    Raises:
        PermissionError: it is somebody else's.
    """
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & UMASK:
        folder.chmod(0o700)


def private(path: str, flags: int) -> int:
    """An opener, for `open`, of files that their owner alone reads and writes."""
    return os.open(path, flags, 0o600)
