"""The results as Markdown tables, which also read well in a terminal."""

from collections.abc import Sequence
from typing import Any


def render(results: dict[str, Any]) -> str:
    """All tables, with what they cannot say below them."""
    parts = [_ways(results["workloads"]), _goals(results)]
    if results["embedded"]:
        parts.append(_embedded(results["embedded"]))
    parts.append(_table(("cost of", "list price", "how"), [_cost(cost) for cost in results["costs"]]))
    parts.append("Not measured:\n\n" + "\n".join(f"- {words}" for words in results["not_measured"]))
    return "\n\n".join(parts) + "\n"


def _ways(workloads: Sequence[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = []
    for workload in workloads:
        is_start = workload["unit"] == "start"
        title = f"**{workload['workload']}**" + (
            "" if is_start else f", {workload['ways'][0]['units']:,} {workload['unit']}"
        )
        for number, way in enumerate(workload["ways"]):
            cpu = {name: value / 1000 if is_start else value for name, value in way["cpu_ms_per_1000"].items()}
            rows.append(
                (
                    "" if number else title,
                    way["way"],
                    _short(cpu["median"]),
                    f"{_short(cpu['low'])} to {_short(cpu['high'])}",
                    f"{way['times_sluice']:.1f} x" if number else "",
                    f"{way['wall_seconds']['median']:.2f}",
                    f"{way['peak_mb']['median']:.0f}",
                )
            )
    head = ("work", "way", "CPU ms a 1,000, or a start", "over the rounds", "Sluice's", "wall s", "peak MB")
    return _table(head, rows)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def _goals(results: dict[str, Any]) -> str:
    rows = [(one["workload"], *_judged(verdict)) for one in results["workloads"] for verdict in one["verdicts"]]
    rows += [(single["what"], *_judged(single)) for single in results["single"]]
    return _table(("goal for", "goal", "found", "verdict"), rows)


def _judged(verdict: dict[str, Any]) -> tuple[str, str, str]:
    return verdict["goal"], verdict["found"], "met" if verdict["met"] else "**missed**"


def _embedded(found: Sequence[dict[str, Any]]) -> str:
    workers = list(dict.fromkeys(point["workers"] for point in found))
    seconds = {(point["rows"], point["workers"]): point["seconds"] for point in found}
    rows = [
        (f"{size:,}", *(f"{seconds[size, count]:.1f} s" for count in workers))
        for size in dict.fromkeys(point["rows"] for point in found)
    ]
    return _table(("rows, embedded cloud", *(f"{count} worker{'s' if count > 1 else ''}" for count in workers)), rows)


def _cost(cost: dict[str, Any]) -> tuple[str, str, str]:
    dollars = cost["dollars"]
    return cost["what"], f"${dollars:,.2f}" if dollars >= 0.01 else f"${dollars:.5f}", cost["arithmetic"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
