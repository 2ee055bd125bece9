"""The history of one change: its invocations and their results, its line in the archive, and its mails."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.filters import compile_filters
from sluice.console.changes.archive_source import Archived
from sluice.console.changes.changes import Change
from sluice.console.feed import Happening
from sluice.mappings import Mapping
from sluice.terminal import plural


class Step(NamedTuple):
    """One step and its time."""

    at: float
    """Seconds since the epoch."""
    who: str
    what: str
    style: str
    """`green`, `yellow`, `red` or nothing."""


def of_table(found: Iterable[Mapping], change: Change) -> list[Mapping]:
    """Returns the mappings that read the stream of a change's table."""
    return [mapping for mapping in found if mapping.is_of_stream and mapping.source.split("/")[1] == change.table]


def passes(mapping: Mapping, change: Change) -> bool:
    """Returns whether a mapping's filters pass a change on to its function."""
    try:
        return compile_filters(mapping.settings.get("filters", ()))(change.content)
    except ValueError:  # filters of another program, which the embedded cloud does not support
        return True


def invocations(happenings: Iterable[Happening], change: Change, fed: Iterable[Mapping]) -> Iterator[Step]:
    """Yields what the functions did with a change, as far as it is remembered, oldest first."""
    names = {mapping.id: mapping.function for mapping in fed if passes(mapping, change)}
    for happening in happenings:
        event = happening.event
        if not isinstance(event, events.Invoked | events.Discarded) or event.mapping not in names:
            continue
        if event.shard == change.shard and _is_among(change, event.first, event.last):
            at = event.at - event.seconds if isinstance(event, events.Invoked) else event.at
            yield Step(at, names[event.mapping], *_said(event))


def steps(change: Change, invoked: Iterable[Step], line: Archived | None, mails: Iterable[Step]) -> list[Step]:
    """Returns all steps of a change in order, beginning with the change itself."""
    first = Step(change.at, "table", f"{change.event} of {change.key}", "")
    archived = [Step(line.at, "archive", line.key.rpartition("/")[2], "green")] if line else []
    return [first, *sorted([*invoked, *archived, *mails], key=lambda step: step.at)]


def _is_among(change: Change, first: str, last: str) -> bool:
    numbers = (first, change.number, last)
    return all(number.isdecimal() for number in numbers) and int(first) <= int(change.number) <= int(last)


def _said(event: events.Invoked | events.Discarded) -> tuple[str, str]:
    if isinstance(event, events.Discarded):
        place = f", kept in {event.destination}" if event.destination else ""
        return f"given up with {plural(event.records, 'record')}: {event.condition}{place}", "red"
    batch = f"in {event.seconds * 1000:.0f} ms (attempt {event.retry + 1}, {plural(event.records, 'record')})"
    if not event.failed:
        return f"invoked, done {batch}", "green"
    which = "failed" if event.failed == event.records else f"{event.failed} of {event.records} failed"
    return f"invoked, {which} {batch}: {event.error or 'handed back'}", "red"
