"""MiniStack, the emulator of AWS, in a process of its own that never outlives its parent.

`python -m sluice.cloud.emulator.server` is that process. When its standard input closes, which the operating system
does as soon as the parent ends in any way, it ends its whole process group and removes its folder. The first line of
its standard input is the token for the emulator's own paths: neither functions nor other users see it there.
"""

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sluice.cloud.emulator.corrections import correct
from sluice.cloud.emulator.guard import Guard
from sluice.cloud.emulator.ministack import identity, server_environment
from sluice.cloud.emulator.own_paths import UNREACHABLE, ask
from sluice.cloud.emulator.workers import isolate
from sluice.cloud.uninterrupted import uninterrupted
from sluice.private import UMASK, make_private, private

_START_SECONDS = 30
_ATTEMPTS = 3
_USUAL_PORTS = range(20_000, 30_000)
"""Below the ports that systems assign automatically."""
_SWEEP = 'kill -s KILL -- "-$1"; sleep 0.2; mv -- "$2" "$2.$1"; rm -rf -- "$2.$1"; rmdir -- "${2%/*}"'
"""Ends a process group, then removes the folder that it wrote to, and the parent folder if that is empty.

The folder is moved away first, so that a new one created under its name meanwhile stays.
"""


class ServerError(Exception):
    """The emulator did not start; the message says why."""


class _PortLostError(Exception):
    """Another program took the port after we chose it and before we listened on it."""


class Server:
    """A running emulator, on the loopback interface only.

    Attributes:
        folder: the folder that it may write to.
        port: where it listens.
        token: the token for the emulator's own paths; a new one for each start.
    """

    def __init__(self, folder: Path, port: int | None = None, held: Sequence[int] = ()) -> None:
        """Starts it and returns when it answers.

        Args:
            folder: the folder that it may write to; created if it does not exist, and removed when it stops.
            port: the port to listen on; a free one by default.
            held: file descriptors that its process keeps open too, such as a lock to hold until everything has ended.

        Raises:
            ServerError: the port is taken, or it did not come up.
        """
        if port and not _is_free(port):
            raise ServerError(f"port {port} is taken: choose another one with --port, or leave it out for a free one")
        self.folder, self._held = folder, tuple(held)
        self.token = ""
        self._log = folder / "ministack.log"
        self._process: subprocess.Popen[bytes] | None = None
        try:
            for _ in range(_ATTEMPTS):
                self.port = port or _free_port()
                with suppress(_PortLostError):
                    self._start()
                    return
                self._end()
            raise ServerError(f"port {self.port} was taken by another program while the emulator started")
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether it is still running."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process, which leads a process group with the workers of functions in it."""
        return self._process.pid if self._process else 0

    def stop(self) -> None:
        """Ends it and every worker of a function, and removes its folder; returns when that is done."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        make_private(self.folder / "tmp")
        name, self.token = secrets.token_hex(8), secrets.token_hex(32)
        uninterrupted(lambda: self._spawn(name))
        self._wait(name)

    def _spawn(self, name: str) -> None:
        with open(self._log, "wb", opener=private) as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sluice.cloud.emulator.server", str(self.folder), *map(str, self._held)],
                cwd=Path(__file__).parents[3],
                env=server_environment(self.port, self.folder / "tmp", name),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._held,
                umask=UMASK,
            )
        assert self._process.stdin  # noqa: S101 it is a pipe
        with suppress(BrokenPipeError):  # it has already ended; `_wait` says why
            self._process.stdin.write(f"{self.token}\n".encode())
            self._process.stdin.flush()

    def _wait(self, name: str) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            health = _health(self.endpoint, self.token)
            if health and identity(health) == name:
                return
            if not self.alive:
                log = self._log.read_text(errors="replace").strip()
                if "already in use" in log:
                    raise _PortLostError
                raise ServerError(f"the emulator ended at once: {log.rpartition(os.linesep)[2] or 'its log is empty'}")
            time.sleep(0.02)
        raise ServerError(f"the emulator did not answer within {_START_SECONDS} s: is this machine very busy?")

    def _end(self) -> None:
        """Ends it at once: its state is in memory and no longer needed, so it has nothing to finish."""
        if self._process and self._process.stdin:
            with suppress(ProcessLookupError):  # all of it has ended
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process.stdin.close()


def _health(endpoint: str, token: str) -> Any:
    """The health that the server at an address reports; None if none answers."""
    with suppress(*UNREACHABLE):
        return ask(endpoint, "/_ministack/health", token, seconds=2)
    return None


def usual_port(of: str) -> int | None:
    """The port that belongs to a text, the same each time; None if another program uses it."""
    port = _USUAL_PORTS[int(hashlib.sha256(of.encode()).hexdigest(), 16) % len(_USUAL_PORTS)]
    return port if _is_free(port) else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _serve(folder: Path, held: Sequence[int]) -> None:
    """Runs the process."""
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        token = stdin.readline().decode().strip()
    threading.Thread(target=_end_with_parent, args=(folder, held), daemon=True).start()
    sys.argv = ["ministack"]
    from ministack import app as emulator

    isolate(folder / "workers")
    emulator.app = Guard(correct(emulator.app), token)
    emulator.main()


def _end_with_parent(folder: Path, held: Sequence[int]) -> None:
    while os.read(0, 1):
        pass
    # In its own session, so that it survives the group that it ends.
    subprocess.Popen(
        ["/bin/sh", "-c", _SWEEP, "sh", str(os.getpgrp()), str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=held,
    )


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), tuple(map(int, sys.argv[2:])))
