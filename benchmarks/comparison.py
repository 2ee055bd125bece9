"""Compares this revision with another: both run in turn, in pairs, so that load on the machine affects both equally."""

import statistics
import sys
from collections.abc import Sequence
from math import comb
from pathlib import Path
from typing import NamedTuple

from benchmarks import inputs
from benchmarks.bench import zipped
from benchmarks.measure import ROOT, ContenderError, NullEndpoint
from benchmarks.revision import Revision, checked_out
from benchmarks.tables import table
from benchmarks.workloads import COLD_STARTS, HANDLERS, WORKLOADS, Workload

_ROWS, _RECORDS, _ITEMS = 200_000, 10_000, 140_000
_CONFIDENCE = 0.95
_WORSE = 1.05
"""From this ratio on a workload has become worse; smaller differences are the machine's noise."""


class Ratio(NamedTuple):
    """CPU time of this revision relative to the other's, over all pairs.

    Attributes:
        median: The median of the pairs.
        low: The lower end of the 95 % confidence interval of the true median.
        high: Its upper end.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, ratios: Sequence[float]) -> "Ratio":
        """Returns the median and the interval of the sign test, which assumes nothing about the distribution.

        Fewer than six ratios have no such interval: theirs is from the lowest to the highest.

        Source: W. J. Conover, Practical Nonparametric Statistics, "Confidence interval for a quantile".
        """
        ordered, pairs = sorted(ratios), len(ratios)
        outside, left_out = 0, 0.0
        while outside < pairs // 2:  # the number that may be left out on each side
            left_out += 2 * comb(pairs, outside) / 2**pairs
            if left_out > 1 - _CONFIDENCE:
                break
            outside += 1
        edge = max(outside - 1, 0)
        return cls(statistics.median(ordered), ordered[edge], ordered[-1 - edge])


class _Pair(NamedTuple):
    """CPU milliseconds per 1,000 units of two runs, one right after the other."""

    before: float
    now: float


def compare(commit: str, pairs: int, only: str, folder: Path) -> bool:
    """Measures, prints the tables, and returns whether no workload has become worse.

    Args:
        commit: The other revision.
        pairs: How often both run.
        only: A part of the titles of the workloads to measure, among those that both revisions have.
        folder: The folder that the inputs are written to.

    Raises:
        RevisionError: There is no such commit, or it cannot be measured.
    """
    inputs.write(folder, _ROWS, _RECORDS)
    with checked_out(commit) as root:
        now, before = Revision.of(ROOT), Revision.of(root)
        compared = [
            _compared(workload, before, now, pairs, folder)
            for workload in (*WORKLOADS, *COLD_STARTS)
            if only in workload.title and workload.title in before.functions
        ]
        sizes = [_sizes(name, handler, before, now) for name, handler in HANDLERS.items()]
    print(f"\nThis checkout beside {commit}, {pairs} pairs\n")
    head = ("workload", "CPU ms a 1,000 before", "now", "ratio", "95 % interval", "verdict")
    print(table(head, [(comparison.title, *comparison.cells()) for comparison in compared]))
    print(f"\n{table(('archive', 'KB before', 'now'), sizes)}")
    return not any(comparison.is_worse for comparison in compared)


class _Comparison(NamedTuple):
    """A workload in both revisions.

    Attributes:
        title: The workload's title.
        pairs: The pairs of runs; empty where it could not be measured.
        failure: Why it could not be measured.
    """

    title: str
    pairs: Sequence[_Pair]
    failure: str = ""

    @property
    def ratio(self) -> Ratio:
        return Ratio.of([pair.now / pair.before for pair in self.pairs])

    @property
    def is_worse(self) -> bool:
        return not self.pairs or self.ratio.median >= _WORSE

    def cells(self) -> tuple[str, ...]:
        """Returns the cells of its row after the title."""
        if not self.pairs:
            return "", "", "", "", f"**failed**: {self.failure}"
        before, now = (statistics.median(side) for side in zip(*self.pairs, strict=True))
        ratio = self.ratio
        verdict = "**worse**" if self.is_worse else "better" if ratio.high < 1 else "no worse"
        return f"{before:,.2f}", f"{now:,.2f}", f"{ratio.median:.3f}", f"{ratio.low:.3f} to {ratio.high:.3f}", verdict


def _compared(workload: Workload, before: Revision, now: Revision, pairs: int, folder: Path) -> _Comparison:
    taken: list[_Pair] = []
    with NullEndpoint.open(folder, workload.delay, _ITEMS if workload.items else 50) as endpoint:

        def cpu(revision: Revision) -> float:
            one = revision.run(workload.title, workload.input, folder, endpoint.url, cold=workload.cold)
            return one.cpu_ms_per_1000

        try:
            for revision in (before, now):
                cpu(revision)  # compiles the code that is not measured cold
            for number in range(pairs):
                if number % 2:
                    later = cpu(now)
                    taken.append(_Pair(cpu(before), later))
                else:
                    taken.append(_Pair(cpu(before), cpu(now)))
                print(f"{workload.title}: {taken[-1].now / taken[-1].before:.3f}", file=sys.stderr, flush=True)
        except ContenderError as error:
            return _Comparison(workload.title, (), str(error))
    return _Comparison(workload.title, taken)


def _sizes(name: str, handler: str, before: Revision, now: Revision) -> tuple[str, str, str]:
    """Returns the size of a function's archive in both revisions, in thousands of bytes."""
    archives = (zipped(side.archives[handler]) if handler in side.archives else 0 for side in (before, now))
    sizes = [f"{size / 1000:.1f}" for size in archives]
    return name, sizes[0], sizes[1]
