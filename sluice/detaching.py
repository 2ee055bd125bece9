"""`up --detach`: the command starts a process that outlives it, and returns once that is ready.

Until then the two are connected by the process's standard streams. It closes its standard error when it is ready, or
has failed and said why; if the command ends first, in any way, its standard input closes, and it stops.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from sluice import state
from sluice.terminal import Listing, note, status

LOG = "up.log"
"""Where the process's output goes, in the folder of its stack."""


def start(root: Path, stack: str, arguments: Sequence[str]) -> state.Running:
    """Starts the process and returns when it is ready.

    Args:
        root: the project that it is started in.
        stack: the stack that it runs.
        arguments: the arguments of `up`.

    Raises:
        click.ClickException: it failed; the message is its own.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice", "up", "--detached", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin  # noqa: S101 it is a pipe
    assert process.stderr  # noqa: S101 it is a pipe
    try:
        with status(f"Starting {stack} ..."):
            errors = process.stderr.read().decode(errors="replace").strip()
        for one in state.running(root):
            if one.pid == process.pid:
                process.stdin.write(b"ready")
                process.stdin.flush()
                process.returncode = 0  # it runs on its own now; nobody here waits for it
                for line in errors.splitlines():
                    note(line)
                return one
        process.wait()
        raise Listing(errors.removeprefix("Error: ") or f"stack {stack} did not start")
    finally:
        process.stdin.close()
        process.stderr.close()
        if process.returncode is None:  # Ctrl-C
            process.terminate()
            process.wait()


def watch_starter() -> Callable[[Path], None]:
    """In the process: stops it if the command ends before it is ready. Returns a function to call when it is."""

    def watch() -> None:
        if not os.read(0, 1):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    return _release


def _release(place: Path) -> None:
    """Redirects the process's output to its log, which shows the command that it is ready."""
    sys.stderr.flush()
    log = os.open(place / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
