"""Draws how time and memory grow with rows, as an SVG that is the same for the same numbers."""
# pyright: reportMissingImports=false
# matplotlib is installed in .venv-bench alone.

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def draw(path: Path, growth: Sequence[dict[str, Any]], embedded: Sequence[dict[str, Any]]) -> None:
    """Draws both.

    Args:
        path: where to.
        growth: against the null endpoint: `way`, `rows`, `cpu`, `peak_mb`.
        embedded: in the embedded cloud: `workers`, `rows`, `seconds`.
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams.update(
        {"svg.hashsalt": "sluice", "svg.fonttype": "none", "font.size": 10, "font.family": "sans-serif"}
    )
    figure, axes = pyplot.subplots(1, 3, figsize=(13, 4), layout="constrained")
    for way in dict.fromkeys(point["way"] for point in growth):
        points = [point for point in growth if point["way"] == way]
        rows = [point["rows"] for point in points]
        axes[0].plot(rows, [point["cpu"] for point in points], "o-", label=way.strip("`"))
        axes[1].plot(rows, [point["peak_mb"] for point in points], "o-", label=way.strip("`"))
    for workers in dict.fromkeys(point["workers"] for point in embedded):
        points = [point for point in embedded if point["workers"] == workers]
        label = f"{workers} worker{'s' if workers > 1 else ''}"
        axes[2].plot([point["rows"] for point in points], [point["seconds"] for point in points], "o-", label=label)
    titles = ("CPU seconds, null endpoint", "Peak memory (MB), null endpoint", "Seconds, embedded cloud")
    for axis, title in zip(axes, titles, strict=True):
        axis.set(title=title, xlabel="CSV rows of 140 bytes", xscale="log")
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(frameon=False)
    axes[0].set_yscale("log")
    axes[2].set_yscale("log")
    axes[1].set_ylim(bottom=0)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
