"""The state of running embedded clouds: `.sluice/<stack>/` in the checkout, locked by the process that runs it.

The lock is the operating system's, and is released only when its holder ends: leftovers of a crash never count as
running, and a free lock shows that the process is gone. The emulator's process holds it too, so it stays taken until
the last process has ended. All files are for their owner alone.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from sluice.cloud.uninterrupted import uninterrupted
from sluice.private import make_private, private

FOLDER = ".sluice"
"""The folder in a checkout with the state of its stacks."""
_BESIDE = "beside"
_GLANCE_SECONDS = 0.5
"""How long a process that only checks a lock may hold it."""
_SWEEP_SECONDS = 5
"""How long an emulator may need to end after its parent was killed."""


class Running(NamedTuple):
    """A stack that runs and is ready."""

    stack: str
    pid: int
    endpoint: str
    region: str
    outputs: dict[str, Any]
    token: str = ""
    """The token for the emulator's own paths."""
    full_name: str = ""
    """The name by which programs refer to it, `organization/project/stack`; empty if there is no program."""
    since: str = ""
    """When it was started, ISO 8601 in UTC."""
    program: str = ""
    """The program's folder; empty if there is none."""
    console: str = ""
    """The first address of its console, which lets a browser in; empty if there is none."""


class Held(NamedTuple):
    """The folder of a stack while it runs."""

    place: Path
    lock: int
    """A file descriptor; a process that inherits it holds the lock too."""


class StateError(Exception):
    """Something runs already, or nothing runs; the message says which."""


def checkout() -> Path:
    """The project that contains the working directory: a checkout of Sluice, whatever projects are within it.

    Elsewhere the nearest folder with a `Pulumi.yaml`, or in which a cloud runs.

    Raises:
        StateError: there is none.
    """
    here = Path.cwd()
    folders = (here, *here.parents)
    for folder in folders:
        if (folder / "Pulumi.yaml").is_file() and (folder / "sluice").is_dir():
            return folder
    for folder in folders:
        if (folder / "Pulumi.yaml").is_file() or (folder / FOLDER).is_dir():
            return folder
    raise StateError(f"{here} is not in a Pulumi project, and nothing runs in it: go to a project's folder")


def place_of(root: Path, stack: str) -> Path:
    """The folder of a stack that runs, or is about to."""
    return root / FOLDER / stack


def places(root: Path) -> list[Path]:
    """The folders of stacks that run, are about to, or did not end well; by name."""
    locks = (root / FOLDER).glob("*/lock")
    return sorted(lock.parent for lock in locks if "." not in lock.parent.name)


@contextmanager
def hold(root: Path, stack: str) -> Iterator[Held]:
    """Holds the folder of a stack while it runs, and removes it at the end.

    Raises:
        StateError: another process holds it.
    """
    place = place_of(root, stack)
    locks: list[int] = []  # known here also when Ctrl-C comes before the call below has returned

    def take() -> None:
        lock = _wait_for_lock(place)
        locks.extend([] if lock is None else [lock])

    try:
        uninterrupted(take)
        if not locks:
            at = next((f", or use it at {one.endpoint}" for one in running(root) if one.stack == stack), "")
            raise StateError(f"stack {stack} runs already in this checkout: stop it with `python -m sluice down`{at}")
        _remove_leftovers(place)
        yield Held(place, locks[0])
    finally:
        if locks:
            _remove(place)


def publish(root: Path, ready: Running) -> None:
    """Tells other commands that a stack is ready; they see the complete state or nothing."""
    place = place_of(root, ready.stack)
    fresh = place / "state.json.new"
    with open(fresh, "w", opener=private) as file:
        json.dump(ready._asdict(), file)
    fresh.rename(place / "state.json")


def publish_beside(root: Path, ready: Running, host: str) -> None:
    """Tells other commands about a stack that was deployed into the cloud of the stack `host`, and ends with it."""
    folder = place_of(root, host) / _BESIDE
    make_private(folder)
    with open(folder / quote(f"{ready.stack}.json", safe=""), "w", opener=private) as file:
        json.dump(ready._asdict(), file)


def beside(root: Path, host: str) -> list[Running]:
    """The stacks that other programs deployed into the cloud of a running stack, by name."""
    files = sorted((place_of(root, host) / _BESIDE).glob("*.json"))
    return [Running(**json.loads(file.read_text())) for file in files]


def running(root: Path) -> list[Running]:
    """The stacks that run in a checkout and are ready, by name."""
    stacks = []
    for place in places(root):
        if holder(place):
            with suppress(FileNotFoundError):  # it is not ready, or has just ended
                stacks.append(Running(**json.loads((place / "state.json").read_text())))
    return stacks


def holder(place: Path) -> int | None:
    """The process that holds a folder, ready or not; None if there is none."""
    with watched(place) as lock:
        return holder_of(lock)


@contextmanager
def watched(place: Path) -> Iterator[int | None]:
    """The lock of a folder, for `holder_of`, also after the folder is gone; None if there is none."""
    try:
        lock = os.open(place / "lock", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield lock
    finally:
        os.close(lock)


def holder_of(lock: int | None) -> int | None:
    """The process that holds a lock; None if there is no lock, or its last holder has ended.

    Raises:
        StateError: its holder has not written its process id.
    """
    end = time.monotonic() + _GLANCE_SECONDS
    while lock is not None and _is_taken(lock):
        written = os.pread(lock, 20, 0)
        if written:
            return int(written)
        if time.monotonic() > end:  # the id is written right after the lock is taken
            raise StateError(f"an unknown process has a lock in {FOLDER}: end it, then remove {FOLDER}")
        time.sleep(0.005)
    return None


def clear(place: Path) -> None:
    """Removes a folder that a crash left behind, unless a process holds it."""
    lock = _try_lock(place) if place.exists() else None
    if lock is not None:
        _remove(place)
        os.close(lock)


def _is_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def _wait_for_lock(place: Path) -> int | None:
    """The lock of a folder, once it is free; None if a living process holds it."""
    started = time.monotonic()
    while True:
        lock = _try_lock(place)
        if lock is not None:
            return lock
        pid = holder(place)
        waited = time.monotonic() - started
        if waited > (_GLANCE_SECONDS if pid and _is_alive(pid) else _SWEEP_SECONDS):
            return None
        time.sleep(0.02)


def _try_lock(place: Path) -> int | None:
    """The lock of a folder; None if it is taken, or the folder was removed meanwhile."""
    try:
        make_private(place.parent)  # a folder of an older version is open to others
        make_private(place)
        lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_ino == (place / "lock").stat().st_ino:
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            return lock
    os.close(lock)
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _remove_leftovers(place: Path) -> None:
    for leftover in place.iterdir():
        if leftover.name != "lock":
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _remove(place: Path) -> None:
    """Removes a folder, and `.sluice` with the last one.

    It is moved away first: the next process creates a new folder, which this cannot touch.
    """
    leftover = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):
        place.rename(leftover)
    shutil.rmtree(leftover, ignore_errors=True)
    with suppress(OSError):
        place.parent.rmdir()
