"""The events of the embedded cloud, one line each: of streams and schedules, sent mails and ended imports.

Each line begins with the event's own time: mails and imports are polled only now and then, and a terminal may be held.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sluice.cloud.emulator.outbox import Mail
from sluice.cloud.triggers.schedules import Fired
from sluice.cloud.triggers.streams import events
from sluice.ledger import Entry
from sluice.terminal import Part, plural, say

_QUIET_SECONDS = 60
"""A call that has not failed for this long has succeeded meanwhile: it is retried within seconds."""


class Display:
    """Shows the events of streams and schedules, from several threads.

    A call that fails in the same way repeatedly, such as reading a stream whose table is gone, is shown once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[tuple[str, str | None, str], tuple[str, float]] = {}

    def show(self, event: events.Event | Fired) -> None:
        """Prints an event; its reporter works on even if nobody reads the output any more, or the disk is full."""
        if isinstance(event, events.Delayed) and self._is_repeated(event):
            return
        with suppress(OSError, SystemExit):  # rich ends the program if a pipe is closed
            say(f"{datetime.fromtimestamp(event.at):%H:%M:%S}  {event.function}  ", *line(event))

    def _is_repeated(self, event: events.Delayed) -> bool:
        call, now = (event.mapping, event.shard, event.operation), self._clock()
        error, at = self._failed.get(call, ("", 0.0))
        self._failed[call] = event.error, now
        return error == event.error and now - at < _QUIET_SECONDS


def show_mail(mail: Mail) -> None:
    """Prints a line about a sent mail."""
    say(f"{_local(mail['sent_at'])}  ", ("mail", "cyan"), f"  {', '.join(mail['to'])}: {mail['subject']}")


def show_import(entry: Entry) -> None:
    """Prints how an import ended."""
    say(f"{_local(entry['finished_at'] or entry['started_at'])}  ", ("import", "cyan"), "  ", *import_line(entry))


def import_line(entry: Entry) -> tuple[Part, ...]:
    """How an import ended."""
    colour = {"SUCCEEDED": "green", "PARTIAL": "yellow"}.get(entry["status"], "red")
    counts = f", {plural(entry['rows_written'], 'row')} written, {entry['rows_rejected']:,} rejected"
    reason = f": {entry['error']}" if entry["error"] else ""
    return f"{entry['object'].partition('/')[2]}: ", (entry["status"], colour), counts + reason


def line(event: events.Event | Fired) -> tuple[Part, ...]:
    """What happened."""
    match event:
        case Fired(scheduled_time=scheduled_time, error=None):
            return ("invoked by its schedule", "green"), f" for {scheduled_time}"
        case Fired(scheduled_time=scheduled_time, error=error):
            return (f"its schedule for {scheduled_time} could not invoke it", "red"), f": {error}"
        case events.Invoked(records=records, seconds=seconds, failed=0):
            return (plural(records, "record"), "green"), f" in {seconds * 1000:.0f} ms"
        case events.Invoked(records=records, error=error, failed=failed, retry=retry):
            detail = f" (attempt {retry + 1}): {error or 'partial failure'}"
            return (f"{failed} of {plural(records, 'record')} failed", "red"), detail
        case events.Bisected(records=records, parts=parts):
            return ((f"{plural(records, 'record')} cut into {' + '.join(map(str, parts))}", "yellow"),)
        case events.Discarded(records=records, condition=condition, destination=destination):
            place = f" -> {destination}" if destination else ""
            return (f"{plural(records, 'record')} given up ({condition})", "red"), place
        case events.Delayed(operation=operation, error=error, seconds=seconds):
            return (f"{operation} again in {seconds:.1f} s", "yellow"), f": {error}"


def _local(moment: str) -> str:
    """The local time of a time in UTC, in ISO form; other text stays as it is."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%H:%M:%S}"
    except ValueError:
        return moment
