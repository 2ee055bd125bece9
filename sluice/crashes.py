"""Why a detached cloud ended on its own: kept beside its folder, which is gone, until it is shown."""

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from sluice import state
from sluice.terminal import Part

_SUFFIX = ".crash"


class Guard:
    """Whether to keep the reason, because nobody sees it otherwise."""

    armed = False


@contextmanager
def left_behind(root: Path, stack: str) -> Iterator[Guard]:
    """Keeps the error that ends the block, if the guard is armed by then and it is not a request to end."""
    guard = Guard()
    try:
        yield guard
    except Exception as error:
        if guard.armed:
            with suppress(OSError):  # the reason may be a full disk
                _leave(_path(root, stack), error)
        raise


def shown_once(root: Path, stack: str | None = None) -> list[tuple[Part, ...]]:
    """Returns lines that say why all stacks, or one, ended on their own, and removes the reasons."""
    paths = sorted(_path(root, "*").parent.glob(f"*{_SUFFIX}"))
    lines: list[tuple[Part, ...]] = []
    for path in paths:
        if stack in (None, path.name.removesuffix(_SUFFIX)):
            reason, *trace = path.read_text(errors="replace").rstrip("\n").split("\n")
            lines.append(("Stack ", (path.name.removesuffix(_SUFFIX), "bold"), f" ended on its own: {reason}"))
            lines += [(f"  {line}",) for line in trace]
            path.unlink(missing_ok=True)
    if paths:
        with suppress(OSError):  # not empty: a stack is running
            paths[0].parent.rmdir()
    return lines


def _path(root: Path, stack: str) -> Path:
    place = state.place_of(root, stack)
    return place.with_name(place.name + _SUFFIX)


def _leave(path: Path, error: Exception) -> None:
    """Writes the reason and the time in one line, and the traceback of an unexpected error."""
    if isinstance(error, click.ClickException):
        reason, trace = error.format_message(), ""
    else:
        reason, trace = f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
    text = f"{' '.join(reason.split())} ({datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ})\n{trace}"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode(errors="backslashreplace"))
