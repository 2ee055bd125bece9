"""Monitors the processes in which the embedded cloud runs functions."""

import os
import threading
from pathlib import Path

_SECONDS = 0.2


class Workers:
    """Records the largest memory of any of them while the block runs."""

    def __init__(self, leader: int) -> None:
        """Takes the emulator's process, which leads their process group."""
        self._leader, self._stopping = leader, threading.Event()
        self._emulator = Path(f"/proc/{leader}/cmdline").read_bytes()
        self.peak_mib = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Workers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_SECONDS):
            for path in Path("/proc").glob("[0-9]*"):
                self._look(path)

    def _look(self, path: Path) -> None:
        pid = int(path.name)
        try:
            if os.getpgid(pid) != self._leader or (path / "cmdline").read_bytes() == self._emulator:
                return  # an unrelated process, the emulator, or a worker that is still a fork of it
            lines = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
        except (OSError, ValueError):
            return  # it has ended
        self.peak_mib = max(self.peak_mib, int(lines.get("VmHWM", "0 kB").split()[0]) / 1024)
