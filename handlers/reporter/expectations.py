"""A team's expectations of a group's total, and a run's verdict: broken expectations, and whether counts changed."""

from typing import Any, NamedTuple

MINIMUM, MAXIMUM, CHANGE_WITHIN = "minimum", "maximum", "change_within"


class Expectation(NamedTuple):
    """Expectations of a group's total; None: no such expectation."""

    minimum: int | None = None
    """Of items."""
    maximum: int | None = None
    """Of items."""
    change_within: int | None = None
    """The most that the total may change up or down, in percent of the last report's."""


class Breach(NamedTuple):
    """An expectation that a total breaks."""

    expectation: str
    """`minimum`, `maximum` or `change_within`."""
    limit: int
    """Items; for `change_within` percent."""
    before: int | None = None
    """The last report's total, for `change_within`; None for the others."""

    def fields(self) -> dict[str, Any]:
        """Returns its members in the report's JSON."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class Verdict(NamedTuple):
    """What a run finds about a group."""

    broken: tuple[Breach, ...] = ()
    """The broken expectations."""
    changed: bool = True
    """Whether a count differs from the last report's; True if there is no last report."""


def breaches(expect: Expectation, total: int, before: int | None) -> tuple[Breach, ...]:
    """Returns the expectations that a total breaks.

    Args:
        expect: the expectations.
        total: items.
        before: the last report's total; None for the first report, whose change is unknown.
            Any item is too much of a change from 0.
    """
    broken: list[Breach] = []
    if expect.minimum is not None and total < expect.minimum:
        broken.append(Breach(MINIMUM, expect.minimum))
    if expect.maximum is not None and total > expect.maximum:
        broken.append(Breach(MAXIMUM, expect.maximum))
    if (
        expect.change_within is not None
        and before is not None
        and abs(total - before) * 100 > expect.change_within * before
    ):
        broken.append(Breach(CHANGE_WITHIN, expect.change_within, before))
    return tuple(broken)
