"""Surveys the tables of all groups: finds, describes, plans, reads. A failing table does not stop the others."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from handlers.reporter.counting import tables
from handlers.reporter.counting.newest import Item, Listing
from handlers.reporter.counting.plan import Description, plan
from handlers.reporter.counting.reading import Spending, failed, read, unread
from handlers.reporter.report import FAILED, UNREADABLE, Table
from handlers.reporter.settings import Group
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines

_READABLE = ("ACTIVE", "UPDATING")


class Survey(NamedTuple):
    """What a run has learned about its tables."""

    groups: dict[str, list[Table[Item]]]
    """Group name -> its tables, in alphabetical order."""
    units: float
    """The read units that it cost."""
    failures: list[str]
    """A reason for each table that could not be read because of an outage."""
    refusals: dict[str, str]
    """Table -> message, for tables that were refused permanently."""


def survey(client: AwsClient, groups: Sequence[Group], listing: Listing, units: float, deadlines: Deadlines) -> Survey:
    """Counts the tables of all groups within a budget of read units.

    Raises:
        AwsError: the tables could not be listed.
    """
    members = tables.by_group(groups, tables.names(client, deadlines.call()))
    spending = Spending(units, deadlines.work)
    by_name: dict[str, Table[Item]] = {}
    failures: list[str] = []
    refusals: dict[str, str] = {}
    for table, error in _surveyed(client, [name for names in members.values() for name in names], listing, spending):
        by_name[table.name] = table
        if table.status == FAILED:
            failures.append(f"{table.name}: {error}")
        elif table.status == UNREADABLE:
            refusals[table.name] = str(error)
    by_group = {group: [by_name[name] for name in names] for group, names in members.items()}
    return Survey(by_group, spending.spent, sorted(failures), refusals)


def _surveyed(
    client: AwsClient, names: Sequence[str], listing: Listing, spending: Spending
) -> Iterable[tuple[Table[Item], AwsError | None]]:
    readable: list[Description] = []
    for name, description in tables.describe(client, names, spending.deadline):
        if isinstance(description, AwsError):
            yield failed(name, description), description
        elif description.status in _READABLE:
            readable.append(description)
        else:
            yield unread(description), None
    yield from read(client, plan(readable, spending.units), listing, spending)
