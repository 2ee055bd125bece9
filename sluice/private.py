"""Folders and files for their owner alone, whatever the umask: they hold mails and tables of the running cloud."""

import os
from pathlib import Path

UMASK = 0o077
"""The umask of processes that write there."""


def make_private(folder: Path) -> None:
    """Creates a folder for its owner alone, with missing parents; restricts an existing one.

    Raises:
        PermissionError: it is another user's.
    """
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & UMASK:
        folder.chmod(0o700)


def private(path: str, flags: int) -> int:
    """An opener, for `open`, of files that their owner alone reads and writes."""
    return os.open(path, flags, 0o600)
