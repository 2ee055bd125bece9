"""The figures in practice: how small a function can be, how long a million rows take, what load one function handles.

Lambda gives a function a share of a core that grows with its memory:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.workloads import ARCHIVE, IMPORT, MAILS, READ

CORE_MB = 1769
"""The memory setting that buys one core."""
TABLE_WRITES_PER_SECOND = 4000
"""Write units a second that a new on-demand table takes."""
IMPORTER_MB = 512
STREAM_MB = 256
REPORTER_MB = 512
_SMALLEST_MB = 128


class Capacity(NamedTuple):
    """The capacity of one contender."""

    workload: str
    contender: str
    bears: str


def seconds(cpu_ms_per_1000: float, units: float, memory_mb: int) -> float:
    """Returns how long a function of this size computes for a number of units, on its share of a core."""
    return units * cpu_ms_per_1000 / 1e6 * CORE_MB / memory_mb


def capacities(workloads: Sequence[dict[str, Any]]) -> list[Capacity]:
    """Returns the capacity of one function, for each contender of the workloads for which it is known."""
    return [
        Capacity(
            workload["workload"],
            contender["contender"],
            said(contender["cpu_ms_per_1000"]["median"], contender["peak_mb"]["median"]),
        )
        for workload in workloads
        if (said := _SAID.get(workload["workload"]))
        for contender in workload["contenders"]
    ]


def _imported(cpu_ms_per_1000: float, peak_mb: float) -> str:
    cores = TABLE_WRITES_PER_SECOND * cpu_ms_per_1000 / 1e6
    size = max(_SMALLEST_MB, peak_mb, cores * CORE_MB)
    # One thread has one core, however large the function is.
    needed = f"from {size:,.0f} MB on" if cores <= 1 else "at no size"
    took = seconds(cpu_ms_per_1000, 1e6, IMPORTER_MB)
    return f"{TABLE_WRITES_PER_SECOND:,} rows/s {needed}; a million rows: {took:,.0f} s in {IMPORTER_MB} MB"


def _streamed(cpu_ms_per_1000: float, _peak_mb: float) -> str:
    return f"{1000 / seconds(cpu_ms_per_1000, 1000, STREAM_MB):,.0f} records/s in {STREAM_MB} MB"


def _read(cpu_ms_per_1000: float, _peak_mb: float) -> str:
    return f"a million items in {seconds(cpu_ms_per_1000, 1e6, REPORTER_MB):,.0f} s in {REPORTER_MB} MB"


_SAID: dict[str, Callable[[float, float], str]] = {IMPORT: _imported, MAILS: _streamed, ARCHIVE: _streamed, READ: _read}
