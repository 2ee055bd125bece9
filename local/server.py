"""MiniStack, the emulator of AWS, in a process of its own that never outlives whoever started it.

`python -m local.server` is that process: it stops when its standard input closes, which the operating system does for it
when its parent ends in any way, and then removes its folder.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from local.emulator import server_environment

_START_SECONDS = 30
_STOP_SECONDS = 5


class ServerError(Exception):
    """The emulator did not start; the message says why."""


class Server:
    """A running emulator, on the loopback interface only."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        """Starts it and returns when it answers.

        Args:
            folder: what it may write to; made where it does not exist, and removed when it stops.
            port: the port to listen on; a free one by default.

        Raises:
            ServerError: the port is taken, or it did not come up.
        """
        self.folder, self.port = folder, port or _free_port()
        if port and not _is_free(port):
            raise ServerError(f"port {port} is taken: choose another one with --port, or leave it out for a free one")
        self.endpoint = f"http://127.0.0.1:{self.port}"
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        self._log = folder / "ministack.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.server", str(folder)],
                cwd=Path(__file__).parent.parent,
                env=server_environment(self.port, folder / "tmp"),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The process, which leads a group of its own with the workers of functions in it."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Stops it and every worker of a function, and removes its folder; returns when that is done."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill_group(self.pid)
            self._process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            # Another server may answer on the port: ours has to be alive after the answer.
            if not self.alive:
                raise ServerError(f"the emulator ended at once:\n{self._log.read_text(errors='replace')[-2000:]}")
            if _answers(self.endpoint) and self.alive:
                return
            time.sleep(0.03)
        raise ServerError(f"the emulator did not answer within {_START_SECONDS} s; its log is {self._log}")


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


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


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass  # all of it has ended


def _serve(folder: Path) -> None:
    """What the process does."""
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then stops this process
    sys.argv = ["ministack"]
    from ministack.app import main

    main()


def _end_with_parent(folder: Path) -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1)
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # the one that was made for it, unless something else is in there
    _kill_group(os.getpgrp())


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
