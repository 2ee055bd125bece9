"""What a team expects of a group's total, and what a run finds: broken expectations, and whether counts changed."""

from typing import Any, NamedTuple

MINIMUM, MAXIMUM, CHANGE_WITHIN = "minimum", "maximum", "change_within"


class Expectation(NamedTuple):
    """What is expected of a group's total; nothing of what is None."""

    minimum: int | None = None
    """Items, at least."""
    maximum: int | None = None
    """Items, at most."""
    change_within: int | None = None
    """Percent of the last report's total that this one's may differ by, up or down."""


class Breach(NamedTuple):
    """An expectation that a total breaks."""

    expectation: str
    """`minimum`, `maximum` or `change_within`."""
    limit: int
    """Items, or percent of `change_within`."""
    before: int | None = None
    """The last report's total, which `change_within` is about; None of the others."""

    def fields(self) -> dict[str, Any]:
        """Returns what the report's JSON says of it."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class Verdict(NamedTuple):
    """What a run finds of a group."""

    broken: tuple[Breach, ...] = ()
    """The expectations that are broken."""
    changed: bool = True
    """Whether a count is another than in the last report; there being none, it is."""


def breaches(expect: Expectation, total: int, before: int | None) -> tuple[Breach, ...]:
    """Returns the expectations that a total breaks.

    Args:
        expect: what is expected.
        total: items.
        before: the last report's total; None for the first report, which no change is known of.
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
