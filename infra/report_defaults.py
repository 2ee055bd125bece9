"""Defaults of a report, and which groups of tables it can count side by side: for the component and settings.

A module of its own, so that commands can read settings without loading pulumi-aws.
"""

import enum
from collections.abc import Sequence
from itertools import combinations

from handlers.reporter import environment

NAME_ATTRIBUTE = "name"
DATE_ATTRIBUTE = "date"
READ_UNITS = 20_000
ITEMS_PER_TABLE = 200
HISTORY_DAYS = 400


class ReportMail(enum.StrEnum):
    """When a report is mailed."""

    ALWAYS = environment.ALWAYS
    """After each run."""
    CHANGES = environment.CHANGES
    """When a count differs from the last report's, or there is no last report."""
    BREACHES = environment.BREACHES
    """When an expectation is broken."""
    NEVER = environment.NEVER


def group_mistakes(names: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """Returns the mistakes that keep groups with these names and prefixes from being counted side by side."""
    mistakes = [
        f"another name than {one} for one of two groups"
        for one, other in combinations(names, 2)
        if one.lower() == other.lower()  # names of resources are in lower case
    ]
    mistakes += [
        f"prefixes that do not overlap: tables of {one} and {other} would count twice"
        for one, other in combinations(prefixes, 2)
        if one.startswith(other) or other.startswith(one)
    ]
    return mistakes
