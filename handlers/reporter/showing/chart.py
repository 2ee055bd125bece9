"""The history of a total as a small chart: a line for the page, columns for the mail, whose readers strip SVG."""

from collections.abc import Sequence

from handlers.reporter.showing.markup import escaped, number, short_time
from handlers.reporter.showing.view import Point

_WIDTH, _HEIGHT, _MARGIN = 1000, 100, 6


def described(history: Sequence[Point]) -> str:
    """Says in words what the chart shows."""
    first, last = history[0], history[-1]
    totals = [point.total for point in history]
    return (
        f"Totals of {len(history)} reports, {short_time(first.at, last.at)} to {last.at:%H:%M} UTC: "
        f"from {number(first.total)} to {number(last.total)}, "
        f"lowest {number(min(totals))}, highest {number(max(totals))}"
    )


def line(history: Sequence[Point]) -> str:
    """Draws the history as inline SVG that stretches to its box, in the page's colours.

    The vertical axis runs from the lowest to the highest total, so that small changes of a large total are visible.
    """
    places = list(zip(_across(history), _up(history, _MARGIN, _HEIGHT - _MARGIN), strict=True))
    path = "L".join(f"{x:g} {_HEIGHT - y:g}" for x, y in places)
    x, y = places[-1]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escaped(described(history))}">'
        f'<path class="area" d="M{path}V{_HEIGHT}H{places[0][0]:g}Z"/>'
        f'<path class="line" d="M{path}"/>'
        f'<path class="dot" d="M{x:g} {_HEIGHT - y:g}h0"/></svg>'
    )


def columns(history: Sequence[Point], height: int) -> list[int]:
    """Returns the height of a column for each total, 1 to `height`, on the same axis as the line."""
    return [round(value) for value in _up(history, height / 5, height)]


def _across(history: Sequence[Point]) -> list[float]:
    begin = history[0].at
    span = (history[-1].at - begin).total_seconds() or 1.0
    return [round((point.at - begin).total_seconds() / span * _WIDTH, 1) for point in history]


def _up(history: Sequence[Point], bottom: float, top: float) -> list[float]:
    totals = [point.total for point in history]
    low, high = min(totals), max(totals)
    if low == high:
        return [(bottom + top) / 2] * len(totals)
    return [round(bottom + (total - low) / (high - low) * (top - bottom), 1) for total in totals]
