"""Which tables belong to which group."""

from collections.abc import Iterable, Mapping, Sequence

from handlers.reporter.settings import Group

TOTALS = "totales"
"""Tables named `<prefix>totales*` hold totals, of whatever environment, and are never counted."""


def tables_of(groups: Sequence[Group], names: Iterable[str]) -> Mapping[str, list[str]]:
    """Sorts table names into groups.

    Returns:
        group name -> its tables in alphabetical order; every group is there, tables of no group are not.
    """
    members: dict[str, list[str]] = {group.name: [] for group in groups}
    for name in sorted(names):
        for group in groups:
            if name.startswith(group.prefix) and not name.startswith(group.prefix + TOTALS):
                members[group.name].append(name)
    return members
