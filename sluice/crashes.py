"""Why a detached cloud ended when nobody asked it to: left beside its folder, which is gone, until it was shown."""

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
    """Whether the reason is to be left: nobody else sees it any more."""

    armed = False


@contextmanager
def left_behind(root: Path, stack: str) -> Iterator[Guard]:
    """Leaves the reason of what ends the block, if the guard is armed by then and it is no request to end."""
    guard = Guard()
    try:
        yield guard
    except Exception as error:
        if guard.armed:
            with suppress(OSError):  # the disk may be what is full
                _leave(_path(root, stack), error)
        raise


def shown_once(root: Path, stack: str | None = None) -> list[tuple[Part, ...]]:
    """Returns the lines that say why stacks ended, of all or of one, and forgets it."""
    paths = sorted(_path(root, "*").parent.glob(f"*{_SUFFIX}"))
    lines: list[tuple[Part, ...]] = []
    for path in paths:
        if stack in (None, path.name.removesuffix(_SUFFIX)):
            reason, *trace = path.read_text(errors="replace").rstrip("\n").split("\n")
            lines.append(("Stack ", (path.name.removesuffix(_SUFFIX), "bold"), f" ended on its own: {reason}"))
            lines += [(f"  {line}",) for line in trace]
            path.unlink(missing_ok=True)
    if paths:
        with suppress(OSError):  # something runs
            paths[0].parent.rmdir()
    return lines


def _path(root: Path, stack: str) -> Path:
    place = state.place_of(root, stack)
    return place.with_name(place.name + _SUFFIX)


def _leave(path: Path, error: Exception) -> None:
    """Writes the reason and the time in a line, and the traceback of what was not foreseen."""
    if isinstance(error, click.ClickException):
        reason, trace = error.format_message(), ""
    else:
        reason, trace = f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
    text = f"{' '.join(reason.split())} ({datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ})\n{trace}"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode(errors="backslashreplace"))
