"""The results as Markdown tables, which also read well in a terminal."""

from collections.abc import Sequence
from typing import Any


def render(results: dict[str, Any]) -> str:
    """Returns all tables, with notes below them."""
    machine = results["machine"]
    load = machine["load"]
    parts = [
        ("Side by side", _contenders(results["workloads"])),
        ("Goals", _goals(results)),
        (
            "What one function bears, by its CPU alone",
            table(("work", "contender", "bears"), _capacities(results["capacities"])),
        ),
        ("How an import grows, null endpoint", _growth(results["growth"])),
        ("How an import grows, embedded cloud", _embedded(results["embedded"])),
        ("What it costs", table(("what", "list price", "arithmetic"), [_cost(cost) for cost in results["costs"]])),
        ("Not measured", "\n".join(f"- {words}" for words in results["not_measured"])),
        (
            "Measured on",
            f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; load {load['median']:.0f} "
            f"({load['low']:.0f} to {load['high']:.0f}), of which the benchmark itself is 2. "
            f"{results['rounds']} rounds, {results['start_rounds']} of the cold starts; "
            "how an import grows was measured once.",
        ),
    ]
    return "\n\n".join(f"### {title}\n\n{part}" for title, part in parts if part) + "\n"


def _contenders(workloads: Sequence[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = []
    for workload in workloads:
        is_start = workload["unit"] == "start"
        title = f"**{workload['workload']}**" + (
            "" if is_start else f", {workload['contenders'][0]['units']:,} {workload['unit']}"
        )
        for number, contender in enumerate(workload["contenders"]):
            cpu = {name: value / 1000 if is_start else value for name, value in contender["cpu_ms_per_1000"].items()}
            rows.append(
                (
                    "" if number else title,
                    contender["contender"],
                    _short(cpu["median"]),
                    f"{_short(cpu['low'])} to {_short(cpu['high'])}",
                    f"{contender['times_sluice']:.1f} x" if number else "",
                    f"{contender['wall_seconds']['median']:.2f}",
                    f"{contender['peak_mb']['median']:.0f}",
                )
            )
    head = ("work", "contender", "CPU ms a 1,000, or a start", "over the rounds", "Sluice's", "wall s", "peak MB")
    return table(head, rows)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def _goals(results: dict[str, Any]) -> str:
    rows = [(one["workload"], *_judged(verdict)) for one in results["workloads"] for verdict in one["verdicts"]]
    rows += [(single["what"], *_judged(single)) for single in results["single"]]
    return table(("goal for", "goal", "found", "verdict"), rows)


def _judged(verdict: dict[str, Any]) -> tuple[str, str, str]:
    return verdict["goal"], verdict["found"], "met" if verdict["met"] else "**missed**"


def _capacities(capacities: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    works = [capacity["workload"] for capacity in capacities]
    firsts = [f"**{work}**" if number == works.index(work) else "" for number, work in enumerate(works)]
    return [(first, one["contender"], one["bears"]) for first, one in zip(firsts, capacities, strict=True)]


def _growth(points: Sequence[dict[str, Any]]) -> str:
    rows = [
        (
            f"{point['rows']:,}",
            point["contender"],
            f"{point['cpu']:.1f}",
            f"{point['peak_mb']:.0f}",
        )
        for point in points
    ]
    return table(("rows", "contender", "CPU s", "peak MB"), rows)


def _embedded(points: Sequence[dict[str, Any]]) -> str:
    rows = [
        (f"{point['rows']:,}", str(point["workers"]), f"{point['seconds']:.1f}", f"{point['peak_mb']:.0f}")
        for point in sorted(points, key=lambda point: (point["rows"], point["workers"]))
    ]
    return table(("rows", "workers", "wall s", "peak MB of a worker"), rows) if rows else ""


def _cost(cost: dict[str, Any]) -> tuple[str, str, str]:
    dollars = cost["dollars"]
    return cost["what"], f"${dollars:,.2f}" if dollars >= 0.01 else f"${dollars:.5f}", cost["arithmetic"]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table whose columns are as wide as their widest cells."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
