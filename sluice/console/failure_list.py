"""The failures of a stack, a page at a time: all are listed by name, and only those shown are read."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sluice.console.console import Console
from sluice.console.questions import PATIENCE_SECONDS
from sluice.failures import sources
from sluice.failures.batches import Batch, batch_counts, batches
from sluice.failures.failure import Failure
from sluice.failures.files import file_failures, hints
from sluice.failures.lease import under_way
from sluice.failures.queues import Held, held, import_failures, report_failures
from sluice.failures.stream import read_batch
from sluice.target import Target

SHOWN = 50
"""Failures on a page."""
_RECEIVED = 100
"""How many messages of a dead letter queue are received: receiving hides them from others meanwhile."""
_RECEIVED_AGAIN_SECONDS = 60
"""How soon they are received again if the queue still holds as many."""
_ERRORS_SECONDS = 5


_Known = Callable[..., dict[str, Any]]
"""`Console.known`, with one deadline for all calls."""


class Row(NamedTuple):
    """A failure as the list shows it."""

    failure: Failure
    kind: str
    """`batch`, `message`, `file` or `run`."""
    key: str = ""
    """The key of a batch's object."""
    is_read: bool = True
    """Whether its content is known, and not only its name."""
    error: str = ""


class Page(NamedTuple):
    """Some of the failures."""

    rows: list[Row]
    next: dict[str, str | int] | None
    """The query of the next page; None on the last."""
    total: int | None
    """How many there are; None if that is not known yet."""
    is_complete: bool
    """Whether everything on the page is known; if not, the rest is being asked for."""
    notes: list[str]
    """Hints to show above the list."""
    problems: list[str]
    """Why some failures cannot be read."""


class _Asked(NamedTuple):
    found: list[Any]
    refused: list[str]


def failure_page(console: Console, start: int = 0, after: str = "") -> Page:
    """Returns a page of failures: messages, files and runs first, newest first; then batches by their keys.

    Args:
        console: The console.
        start: How many messages, files and runs come before this page.
        after: The key of the last batch before this page; if given, all messages, files and runs come before, too.
    """
    known = partial(console.known, until=time.monotonic() + PATIENCE_SECONDS)
    others = _others(known)
    rows = [] if after else others.rows[start : start + SHOWN]
    following: dict[str, str | int] | None = None
    is_complete, problems = others.is_complete, others.problems
    named: list[Batch] = []
    if len(rows) == SHOWN and len(others.rows) > start + SHOWN:
        following = {"start": start + SHOWN}
    else:
        room, question = SHOWN - len(rows), f"batches {after} {SHOWN - len(rows)}"
        ask = _whole(partial(batches, after=after, at_most=max(room, 1)))
        asked: _Asked | None = known({question: ask})[question]
        is_complete &= asked is not None
        if asked and asked.found:
            ((found, is_more),) = asked.found
            named = found[:room]
            if named and is_more:
                following = {"after": named[-1].key}
            elif found and not room:
                following = {"start": start + SHOWN}
        problems = [*problems, *(asked.refused if asked else [])]
    read = _read(known, named)
    is_complete &= all(row.is_read for row in read)
    errors = _errors(known, read) if is_complete else None
    is_complete &= errors is not None
    rows += [row._replace(error=(errors or {}).get(row.failure, "")) for row in read]
    total = _total(known, len(others.rows), named, is_first=not after and not following)
    return Page(rows, following, total, is_complete, others.notes, list(dict.fromkeys(problems)))


class _Others(NamedTuple):
    rows: list[Row]
    is_complete: bool
    notes: list[str]
    problems: list[str]


def _others(ask: _Known) -> _Others:
    """All failures but batches: only as many as anybody looks at, and without their content."""
    asks: dict[str, Callable[[Target], Any]] = {
        "dead letters": _whole(held),
        "failed files": _asker(file_failures),
        "who redrives": _asker(under_way),
        "hints on failures": _asker(partial(hints, older="the Imports page", rows="the page of each import")),
    }
    known = ask(asks)
    (letters,) = _found(known["dead letters"]) or [dict[str, Held]()]
    asks = {}
    for kind, source in (("import", import_failures), ("report", report_failures)):
        counts = {name: sum(one) for name, one in letters.items() if name.startswith(kind)}
        if any(counts.values()):
            asks[f"{kind} failures {counts}"] = _asker(partial(source, at_most=_RECEIVED))
    received = ask(asks, age=_RECEIVED_AGAIN_SECONDS) if asks else {}
    answered: list[_Asked] = [one for one in (*known.values(), *received.values()) if one is not None]
    is_complete = len(answered) == len(known) + len(received)
    rows = [Row(one, "file") for one in _found(known["failed files"])]
    for name, asked in received.items():
        rows += [Row(one, "message" if name.startswith("import") else "run") for one in _found(asked)]
    rows.sort(key=lambda row: row.failure.at, reverse=True)
    notes = [*_found(known["who redrives"]), *_found(known["hints on failures"]), *_more(letters, rows)]
    return _Others(rows, is_complete, notes, [problem for one in answered for problem in one.refused])


def _more(letters: dict[str, Held], rows: list[Row]) -> list[str]:
    """Sentences about further messages in dead letter queues."""
    said = []
    for name, counts in letters.items():
        shown = sum(row.failure.pipeline == name for row in rows if row.kind != "file")
        if counts.visible > shown >= _RECEIVED:
            said.append(
                f"The dead letter queue of {name} holds about {counts.visible:,}, of which {shown} are shown: "
                "a queue cannot be looked into without hiding what it holds. Redriving all sends the others too."
            )
        elif counts.in_flight:
            said.append(f"Hidden in {name}, while somebody else views or redrives them: {counts.in_flight:,}.")
    return said


def _asker(source: Callable[[Target], Iterable[Any]]) -> Callable[[Target], _Asked]:
    def ask(target: Target) -> _Asked:
        refused: list[str] = []
        return _Asked(list(sources.from_each([source], target, refused)), refused)

    return ask


def _found(asked: _Asked | None) -> list[Any]:
    return asked.found if asked else []


def _whole(source: Callable[[Target], Any]) -> Callable[[Target], _Asked]:
    """Makes a question whose answer is a single value."""

    def ask(target: Target) -> _Asked:
        try:
            return _Asked([source(target)], [])
        except ClientError as error:
            return _Asked([], [str(error)])

    return ask


def _read(ask: _Known, named: list[Batch]) -> list[Row]:
    """The batches with their content, as far as that is known, without those that are gone."""
    asks = {f"batch {one.key} {one.etag}": partial(_content, key=one.key) for one in named}
    known = ask(asks, age=float("inf")) if asks else {}
    rows = []
    for one, answer in zip(named, known.values(), strict=True):
        (failure,) = answer or (one.failure,)
        if failure:
            rows.append(Row(failure, "batch", one.key, is_read=answer is not None))
    return rows


def _content(target: Target, key: str) -> tuple[Failure | None]:
    held_there = read_batch(target, key)
    return (held_there[0] if held_there else None,)


def _errors(known: _Known, rows: list[Row]) -> dict[Failure, str] | None:
    """Why batches failed; None if that is not known yet."""
    if not rows:
        return {}
    failures = [row.failure for row in rows]
    question = "errors " + " ".join(failure.id for failure in failures)
    return known({question: partial(sources.errors_of, failures=failures)}, age=_ERRORS_SECONDS)[question]


def failed_batches(target: Target) -> Counter[str]:
    """Returns how many batches failed for good, by the id of the mapping.

    It sleeps as long as it works: listing thousands takes seconds, and the pages share the process.
    """
    counted, began = Counter[str](), time.monotonic()
    for page in batch_counts(target):
        counted.update(page)
        time.sleep(time.monotonic() - began)
        began = time.monotonic()
    return counted


def _total(known: _Known, others: int, named: list[Batch], *, is_first: bool) -> int | None:
    if is_first:
        return others + len(named)
    counted = known({"failed batches": failed_batches})["failed batches"]
    return None if counted is None else others + counted.total()
