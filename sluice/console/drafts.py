"""Files dropped into the console and not uploaded yet: in a private folder, until they are uploaded or replaced."""

import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

_NAME_BYTES = 200
"""The longest file name: file systems take 255."""


class Draft(NamedTuple):
    """A file that waits to be uploaded."""

    token: str
    """Identifies it in a page."""
    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


class Drafts:
    """The waiting files, one for each pipeline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: dict[str, Draft] = {}

    def begin(self, name: str) -> Draft:
        """Returns the path for a file that is still to be written.

        Raises:
            ValueError: The name is not a valid file name.
        """
        plain = name.replace("\\", "/").rpartition("/")[2]
        if plain in ("", ".", "..") or "\0" in plain or len(plain.encode(errors="surrogatepass")) > _NAME_BYTES:
            raise ValueError("its name is not a valid file name")
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="sluice-console-")  # for its owner alone
            token = secrets.token_urlsafe(8)
            folder = Path(self._folder.name, token)
            folder.mkdir()
            return Draft(token, folder / plain)

    def keep(self, pipeline: str, draft: Draft) -> None:
        """Keeps a written file, in place of the pipeline's previous one."""
        with self._lock:
            before = self._kept.get(pipeline)
            self._kept[pipeline] = draft
        if before:
            self.drop(before)

    def kept(self, pipeline: str, token: str) -> Draft | None:
        """Returns the file that waits for a pipeline; None if another one has replaced it."""
        draft = self._kept.get(pipeline)
        return draft if draft and draft.token == token else None

    def drop(self, draft: Draft) -> None:
        """Removes a file."""
        shutil.rmtree(draft.path.parent, ignore_errors=True)
        with self._lock:
            self._kept = {pipeline: one for pipeline, one in self._kept.items() if one is not draft}

    def close(self) -> None:
        """Removes all of them."""
        with self._lock:
            self._kept = {}
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None
