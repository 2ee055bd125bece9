"""Draws how time and memory grow with rows, as an SVG that is the same for the same numbers."""
# pyright: reportMissingImports=false
# matplotlib is installed only in .venv-bench.

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def draw(path: Path, growth: Sequence[dict[str, Any]], embedded: Sequence[dict[str, Any]]) -> None:
    """Draws time and memory.

    Args:
        path: The file to write.
        growth: Points measured against the null endpoint: `contender`, `rows`, `cpu`, `peak_mb`.
        embedded: Points measured in the embedded cloud: `workers`, `rows`, `seconds`, `peak_mb`.
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams.update(
        {"svg.hashsalt": "sluice", "svg.fonttype": "none", "font.size": 10, "font.family": "sans-serif"}
    )
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for contender in dict.fromkeys(point["contender"] for point in growth):
        points = [point for point in growth if point["contender"] == contender]
        _lines(axes[0], points, ("cpu", "peak_mb"), contender.strip("`"))
    for workers in dict.fromkeys(point["workers"] for point in embedded):
        points = [point for point in embedded if point["workers"] == workers]
        _lines(axes[1], points, ("seconds", "peak_mb"), f"{workers} worker{'s' if workers > 1 else ''}")
    for row, place, unit in zip(axes, ("null endpoint", "embedded cloud"), ("CPU seconds", "Seconds"), strict=True):
        row[0].set(title=f"{unit}, {place}", yscale="log")
        row[1].set(title=f"Peak memory (MB), {place}", ylim=(0, 1.15 * row[1].get_ylim()[1]))
        for axis in row:
            axis.set(xlabel="CSV rows of 140 bytes", xscale="log")
            axis.minorticks_off()  # on scales of logarithms they are two thirds of the file
            axis.grid(alpha=0.3)
            if axis.lines:
                axis.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _lines(axes: Sequence[Any], points: Sequence[dict[str, Any]], figures: Sequence[str], label: str) -> None:
    """Draws one line on each of the axes: a figure of the points by their rows."""
    rows = [point["rows"] for point in points]
    for axis, figure in zip(axes, figures, strict=True):
        axis.plot(rows, [point[figure] for point in points], "o-", label=label)
