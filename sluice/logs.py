"""The logs of functions, read as they grow."""

from collections.abc import Iterator
from typing import Any

from sluice.functions import Function
from sluice.log_entries import Entry, Streams
from sluice.target import Target

_PAGE = 10_000
"""The embedded cloud returns at most this many lines, and no token for the next ones."""


_LATE_MILLISECONDS = {True: 1000, False: 30_000}


def lateness(target: Target) -> int:
    """Returns how long after its time a line may still arrive, in milliseconds: less here than in AWS."""
    return _LATE_MILLISECONDS[target.endpoint is not None]


class Log:
    """The log of a function; each read continues where the last one ended."""

    def __init__(self, target: Target, function: Function, start: int, overlap: int = 0) -> None:
        """Prepares it.

        Args:
            target: the stack.
            function: whose log it is.
            start: the time to begin at, in milliseconds since the epoch.
            overlap: how long after its time a line may still arrive, in milliseconds.
        """
        self._target, self._function, self._start, self._overlap = target, function, start, overlap
        self._group = ""
        self._seen: set[tuple[str, int, str, int]] = set()
        self._streams = Streams(function.short)

    def read(self) -> list[Entry]:
        """Returns the new entries, in order.

        Raises:
            ClientError: the log may not be read.
        """
        entries: list[Entry] = []
        for event in self._new():
            entries += self._streams.feed(event)
        entries += self._streams.end()
        return sorted(entries, key=lambda entry: entry.at)

    @property
    def started(self) -> set[str]:
        """The invocations that have begun, by what was read so far."""
        return self._streams.started

    def _new(self) -> list[dict[str, Any]]:
        """The lines that were not read before; equal lines of the same time are distinguished by their number."""
        found: dict[tuple[str, int, str, int], dict[str, Any]] = {}
        counts: dict[tuple[str, int, str], int] = {}
        for event in self._events():
            line = (event.get("logStreamName", ""), event["timestamp"], event.get("eventId") or event["message"])
            counts[line] = counts.get(line, 0) + 1
            found[(*line, counts[line])] = event
        new = [event for key, event in found.items() if key not in self._seen]
        self._start = max(self._start, max((key[1] for key in found), default=0) - self._overlap)
        self._seen = {key for key in self._seen | found.keys() if key[1] >= self._start}
        return new

    def _events(self) -> Iterator[dict[str, Any]]:
        logs, start = self._target.client("logs"), self._start
        group = self._log_group()
        while group:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
            try:
                events = [event for page in pages for event in page["events"]]
            except logs.exceptions.ResourceNotFoundException:  # it never ran
                return
            last = max((event["timestamp"] for event in events), default=start)
            if len(events) < _PAGE or last == start or not self._target.endpoint:
                yield from events
                return
            yield from (event for event in events if event["timestamp"] < last)
            start = last

    def _log_group(self) -> str:
        if not self._group:
            lambda_ = self._target.client("lambda")
            try:
                configuration = lambda_.get_function_configuration(FunctionName=self._function.name)
            except lambda_.exceptions.ResourceNotFoundException:
                return ""
            self._group = configuration["LoggingConfig"]["LogGroup"]
        return self._group
