"""Computes figures and verdicts from samples."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.measure import Sample, Spread
from benchmarks.workloads import ROWS_A_REQUEST, Workload

Samples = Mapping[str, Sequence[Sample]]
"""Contender -> its sample of each round."""


class Verdict(NamedTuple):
    """A goal and its measurement."""

    goal: str
    found: str
    met: bool


def part_of(peer: Sequence[Sample], ours: Sequence[Sample]) -> float:
    """Returns our CPU time per unit relative to a peer's: the median of the rounds, since load changes between them."""
    return statistics.median(
        mine.cpu_ms_per_1000 / theirs.cpu_ms_per_1000 for mine, theirs in zip(ours, peer, strict=True)
    )


def verdicts(workload: Workload, samples: Samples, connections: int) -> list[Verdict]:
    """Returns a verdict on each of a workload's goals.

    Args:
        workload: The workload.
        samples: The samples of its contenders.
        connections: On how many connections Sluice wrote.
    """
    ours = samples[workload.contenders[0].name]
    outcomes = []
    for goal in workload.goals:
        part = part_of(samples[goal.peer], ours)
        shown = f"{part:.0%}" if "%" in goal.said else f"1/{1 / part:.1f}"
        outcomes.append(Verdict(f"at most {goal.said} of {goal.peer}", shown, part <= goal.part))
    if workload.most_cpu_ms:
        found = statistics.median(sample.cpu_ms_per_1000 for sample in ours)
        goal = f"at most {workload.most_cpu_ms:,.0f} CPU ms for 1,000 {workload.unit}"
        outcomes.append(Verdict(goal, f"{found:,.0f} ms", found <= workload.most_cpu_ms))
    if workload.peak_mb:
        peak = max(sample.peak_mb for sample in ours)
        outcomes.append(Verdict(f"at most {workload.peak_mb:.0f} MB", f"{peak:.0f} MB", peak <= workload.peak_mb))
    if workload.latency_part and connections:
        allowed = connections * ROWS_A_REQUEST / workload.delay
        reached = statistics.median(sample.units / sample.wall for sample in ours) / allowed
        goal = f"at least {workload.latency_part:.0%} of the {allowed:,.0f} rows/s that {connections} connections allow"
        outcomes.append(Verdict(goal, f"{reached:.0%}", reached >= workload.latency_part))
    return outcomes


def figures(workload: Workload, samples: Samples, connections: int) -> dict[str, Any]:
    """Returns all figures of a workload, for the JSON file."""
    ours = samples[workload.contenders[0].name]
    contenders = []
    for contender in workload.contenders:
        taken = samples[contender.name]
        contenders.append(
            {
                "contender": contender.name,
                "units": taken[0].units,
                "cpu_ms_per_1000": Spread.of([sample.cpu_ms_per_1000 for sample in taken])._asdict(),
                "wall_seconds": Spread.of([sample.wall for sample in taken])._asdict(),
                "peak_mb": Spread.of([sample.peak_mb for sample in taken])._asdict(),
                "times_sluice": round(1 / part_of(taken, ours), 2),
            }
        )
    judged = [verdict._asdict() for verdict in verdicts(workload, samples, connections)]
    return {"workload": workload.title, "unit": workload.unit, "contenders": contenders, "verdicts": judged}
