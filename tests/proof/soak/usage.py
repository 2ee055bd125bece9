"""What the embedded cloud takes of the machine: memory, open files, threads, processes, files in its folder."""

import ctypes
import gc
import os
from pathlib import Path
from typing import NamedTuple

from tests.proof.faults import workers


class Usage(NamedTuple):
    """What is taken; the own process has the pollers, the proxy and the reloading in it, and the test's account."""

    cases: int
    """So much was done until then."""
    mib: float
    files: int
    """Open ones, sockets among them."""
    threads: int
    emulator_mib: float
    emulator_files: int
    emulator_threads: int
    workers: int
    worker_mib: float
    """Of the largest."""
    left: int
    """Files in the emulator's folder."""


def measured(emulator: int, folder: Path, cases: int) -> Usage:
    """Looks, when what is not needed any more has been let go of."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or freed memory would count, of whoever needed it
    found = workers(emulator)
    return Usage(
        cases,
        *_process(os.getpid()),
        *_process(emulator),
        len(found),
        max((_process(worker)[0] for worker in found), default=0),
        sum(len(files) for _, _, files in os.walk(folder)),
    )


def _process(pid: int) -> tuple[float, int, int]:
    """Resident MiB, open files and threads of a process; zeroes where it has ended."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return int(lines["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(lines["Threads"])
    except (OSError, KeyError):
        return 0, 0, 0
