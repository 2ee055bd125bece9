"""Measures contenders: each in a fresh process on one core, the null endpoint on another."""

import os
import resource
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
CONTENDERS = ROOT / "benchmarks" / "contenders"
_LONGEST_SECONDS = 1800.0
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "x" * 40,
    "AWS_SESSION_TOKEN": "t" * 800,  # as long as Lambda's, since it is signed and sent with every request
    "AWS_REGION": "eu-north-1",
    "AWS_DEFAULT_REGION": "eu-north-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class ContenderError(Exception):
    """A contender failed; the message is its output."""


class Sample(NamedTuple):
    """The time and memory of one run of a contender."""

    units: int
    cpu: float
    """Seconds, user and system, of the whole process."""
    wall: float
    """Seconds from its first line to its last: only the CPU time includes the interpreter's start."""
    peak_mb: float

    @property
    def cpu_ms_per_1000(self) -> float:
        """CPU milliseconds for a thousand units, that is microseconds for one."""
        return self.cpu / self.units * 1e6

    @classmethod
    def mean(cls, samples: "Sequence[Sample]") -> "Sample":
        """Returns the mean of several runs of one contender, with the most memory of any of them."""
        cpu, wall = (statistics.fmean(values) for values in zip(*((one.cpu, one.wall) for one in samples), strict=True))
        return cls(samples[0].units, cpu, wall, max(one.peak_mb for one in samples))

    def times(self, number: int, start: "Sample") -> "Sample":
        """Returns the same work done `number` times in a process that starts once; `start` did little but start."""

        def longer(one: float, starting: float) -> float:
            return starting + number * (one - starting)

        return Sample(number * self.units, longer(self.cpu, start.cpu), longer(self.wall, start.wall), self.peak_mb)


class Spread(NamedTuple):
    """Several measurements of one thing."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Returns their median, the lowest and the highest."""
        return cls(statistics.median(values), min(values), max(values))


class NullEndpoint:
    """The null endpoint in a process of its own."""

    def __init__(self, folder: Path, delay: float, items: int) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.null_endpoint",
            str(folder),
            "--delay",
            str(delay),
            "--items",
            str(items),
        ]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self.connections = 0
        """The number of connections on which contenders wrote items, in total; known once it is closed."""

    @classmethod
    @contextmanager
    def open(cls, folder: Path, delay: float = 0.0, items: int = 0) -> "Iterator[NullEndpoint]":
        """Serves while the block runs; see `benchmarks.null_endpoint`."""
        endpoint = cls(folder, delay, items)
        try:
            yield endpoint
        finally:
            output, _ = endpoint._process.communicate()
            endpoint.connections = int(output or 0)


def sample(
    function: str,
    folder: Path,
    endpoint: str,
    environment: Mapping[str, str],
    archive: Path | None,
    *,
    cold: bool = False,
    contenders: Path = CONTENDERS,
) -> Sample:
    """Runs a contender.

    Args:
        function: Such as `mails.sluice`.
        folder: The folder of the inputs.
        endpoint: The URL of the stand-in for AWS.
        environment: Further environment variables of its process.
        archive: The staged code of a function of Sluice, which is all of Sluice that the contender can import.
        cold: Whether that code is compiled again, as at each cold start in Lambda, where its folder is read-only.
        contenders: The folder that the function is in.

    Raises:
        ContenderError: It failed.
    """
    env = {
        "PATH": os.environ.get("PATH", ""),
        "AWS_ENDPOINT_URL": endpoint,
        "BENCH_FOLDER": str(folder),
        **_CREDENTIALS,
        **environment,
        **({"PYTHONPATH": str(archive)} if archive else {}),
        **(
            {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
            if archive and not cold
            else {"PYTHONDONTWRITEBYTECODE": "1"}
        ),
    }
    process = subprocess.Popen(
        [sys.executable, str(contenders), function],
        env=env,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    timer = threading.Timer(_LONGEST_SECONDS, process.kill)
    timer.start()
    try:
        output, errors, status, usage = _waited(process)
    finally:
        timer.cancel()
        if process.returncode is None:
            process.kill()
            process.wait()
    if status:
        raise ContenderError(f"{function} failed: {errors.strip()[-1000:]}")
    units, wall, peak = output.splitlines()[-1].split()
    return Sample(int(units), usage.ru_utime + usage.ru_stime, float(wall), float(peak))


def _waited(process: "subprocess.Popen[str]") -> tuple[str, str, int, resource.struct_rusage]:
    assert process.stdout
    assert process.stderr
    errors: list[str] = []
    reader = threading.Thread(target=lambda stream: errors.append(stream.read()), args=(process.stderr,))
    reader.start()
    output = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    return output, "".join(errors), process.returncode, usage
