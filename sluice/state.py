"""What is known of running embedded clouds: `.sluice/<stack>/` in the checkout, locked by whoever runs it.

The lock is the operating system's: whoever dies in any way lets go of it, so what is left of a crash is never taken for
running.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

_KEPT_AT_START = ("lock", "up.out", "up.err")
_LOCK_SECONDS = 0.5


class Running(NamedTuple):
    """A stack that runs and is ready."""

    stack: str
    pid: int
    endpoint: str
    region: str
    outputs: dict[str, Any]


class StateError(Exception):
    """Something runs already, or nothing does; the message says what."""


def checkout() -> Path:
    """The checkout that the working directory is in: the nearest folder with a `Pulumi.yaml`.

    Raises:
        StateError: there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise StateError(f"no Pulumi.yaml in {here} or above: run this in a checkout of Sluice")


def place_of(root: Path, stack: str) -> Path:
    """The folder of a stack that runs, or is about to."""
    return root / ".sluice" / stack


@contextmanager
def hold(root: Path, stack: str) -> Iterator[Path]:
    """Holds the folder of a stack while it runs; at the end nothing is left of it.

    Raises:
        StateError: another process holds it.
    """
    place = place_of(root, stack)
    lock = _lock(place)
    if lock is None:
        raise StateError(f"stack {stack} runs already in this checkout: stop it with `python -m sluice down`")
    with lock:
        try:
            lock.write(str(os.getpid()))
            lock.flush()
            for leftover in place.iterdir():  # of a crash
                if leftover.name not in _KEPT_AT_START:
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            yield place
        finally:
            remove(place)


def publish(root: Path, ready: Running) -> None:
    """Tells other commands that a stack is ready; they see all of it or nothing."""
    place = place_of(root, ready.stack)
    fresh = place / "state.json.new"
    fresh.write_text(json.dumps(ready._asdict()))
    fresh.rename(place / "state.json")


def running(root: Path) -> list[Running]:
    """The stacks that run in a checkout and are ready, by name."""
    found = []
    for path in sorted((root / ".sluice").glob("*/state.json")):
        if holder(path.parent):
            with suppress(FileNotFoundError):  # it ended just now
                found.append(Running(**json.loads(path.read_text())))
    return found


def holder(place: Path) -> int | None:
    """The process that holds a folder, ready or not; None where nobody does."""
    with suppress(FileNotFoundError), (place / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0)
    return None


def remove(place: Path) -> None:
    """Removes the folder of a stack, and `.sluice` with the last one."""
    shutil.rmtree(place, ignore_errors=True)
    with suppress(OSError):
        place.parent.rmdir()


def _lock(place: Path) -> IO[str] | None:
    """The lock of a folder, or None where it is taken.

    Others look at the lock for a moment (`holder`), and the folder may vanish and come back: hence the attempts.
    """
    end = time.monotonic() + _LOCK_SECONDS
    while time.monotonic() < end:
        place.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            lock = (place / "lock").open("a+")
            with suppress(BlockingIOError, FileNotFoundError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock.fileno()).st_ino == (place / "lock").stat().st_ino:
                    lock.truncate(0)
                    return lock
            lock.close()
        time.sleep(0.02)
    return None
