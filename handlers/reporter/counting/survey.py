"""Surveys the tables of all groups: finds, describes, plans, reads. What goes wrong with one table stops no other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from handlers.reporter.counting import tables
from handlers.reporter.counting.discovery import tables_of
from handlers.reporter.counting.plan import Description, plan
from handlers.reporter.counting.reading import Spending, Wanted, failed, read, unread
from handlers.reporter.report import FAILED, UNREADABLE, TableRead
from handlers.reporter.settings import Group
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.protocol import AwsClient
from handlers.shared.deadlines import Deadlines

_READABLE = ("ACTIVE", "UPDATING")


@dataclass
class Survey:
    """What was found.

    Attributes:
        groups: group name -> its tables, in alphabetical order.
        units: the read units that it cost.
        failures: a reason for each table that should have been readable and was not.
        refusals: table -> the words of its refusal, where a request for it was refused for good.
    """

    groups: dict[str, list[TableRead]]
    units: float = 0.0
    failures: list[str] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)


def survey(client: AwsClient, groups: Sequence[Group], wanted: Wanted, units: float, deadlines: Deadlines) -> Survey:
    """Counts the tables of all groups within a budget of read units.

    Raises:
        AwsError: the tables could not even be listed.
    """
    members = tables_of(groups, tables.names(client, deadlines.call()))
    spending = Spending(units, deadlines.work)
    found: dict[str, TableRead] = {}
    failures: list[str] = []
    refusals: dict[str, str] = {}
    for table, error in _surveyed(client, [name for names in members.values() for name in names], wanted, spending):
        found[table.name] = table
        if table.status == FAILED:
            failures.append(f"{table.name}: {error}")
        elif table.status == UNREADABLE:
            refusals[table.name] = str(error)
    reads = {group: [found[name] for name in names] for group, names in members.items()}
    return Survey(reads, spending.spent, sorted(failures), refusals)


def _surveyed(
    client: AwsClient, names: Sequence[str], wanted: Wanted, spending: Spending
) -> Iterable[tuple[TableRead, AwsError | None]]:
    readable: list[Description] = []
    for description in tables.describe(client, names, spending.deadline):
        if isinstance(description, tuple):
            name, error = description
            yield failed(name, error), error
        elif description.status in _READABLE:
            readable.append(description)
        else:
            yield unread(description), None
    yield from read(client, plan(readable, spending.units), wanted, spending)
