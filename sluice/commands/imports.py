"""`imports`: the import ledger, with progress bars while imports run."""

from collections.abc import Callable
from typing import Self

import click
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.text import Text

from sluice.console import err, out, plural, print_json, print_table
from sluice.ledger import RUNNING, Entry, entries, followed
from sluice.target import Target, targeted

_COLOURS = {"SUCCEEDED": "green", "PARTIAL": "yellow", "FAILED": "red", RUNNING: "cyan"}


@click.command("imports")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, as the ledger has them.")
@click.option("--follow", is_flag=True, help="Show progress until no import runs any more.")
@targeted
def command(target: Target, as_json: bool, follow: bool) -> None:
    """Show the import ledger."""
    found = follow_until(target, _none_runs) if follow else entries(target)
    if as_json:
        print_json(found)
    else:
        show(found)


def follow_until(target: Target, until: Callable[[list[Entry]], bool], name: str | None = None) -> list[Entry]:
    """Shows the progress of imports, of all or of the named object, until the ledger is as wanted; returns it then."""
    found: list[Entry] = []
    with _Bars() as bars:
        for found in followed(target, until, name):
            bars.show(found)
    return found


class _Bars:
    """A bar for each import that runs, on a terminal; elsewhere nothing moves."""

    def __init__(self) -> None:
        told = TextColumn("{task.fields[told]}", markup=False)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), told)
        self._progress = Progress(*columns, console=err, transient=True) if err.is_terminal else None
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, found: list[Entry]) -> None:
        if self._progress:
            for entry in found:
                self._show(self._progress, entry)

    def _show(self, progress: Progress, entry: Entry) -> None:
        key = (entry["object"], entry["version"])
        if key not in self._tasks:
            if entry["status"] != RUNNING:
                return
            self._tasks[key] = progress.add_task(_short(entry), told="")
        total = entry["bytes_total"] or None
        progress.update(self._tasks[key], completed=entry["bytes_read"], total=total, told=_told(entry))


def show(found: list[Entry]) -> None:
    """Prints entries as a table, with the reason of each that failed."""
    print_table(("file", "status", "rows", "written", "rejected", "chunks", "finished"), *map(_row, found))
    for entry in found:
        if entry["error"]:
            out.print(f"{_short(entry)}: {entry['error']}", markup=False)
    out.print(f"{plural(len(found), 'import')}.")


def _row(entry: Entry) -> tuple[str | Text, ...]:
    counts = (f"{entry[name]:,}" for name in ("rows_read", "rows_written", "rows_rejected"))
    status = Text(entry["status"], _COLOURS.get(entry["status"], ""))
    return _short(entry), status, *counts, f"{entry['chunks_done']}/{entry['chunks_total']}", entry["finished_at"] or ""


def _none_runs(found: list[Entry]) -> bool:
    return not any(entry["status"] == RUNNING for entry in found)


def _short(entry: Entry) -> str:
    """The key, without the bucket."""
    return entry["object"].partition("/")[2]


def _told(entry: Entry) -> str:
    rejected = f", {entry['rows_rejected']:,} rejected" if entry["rows_rejected"] else ""
    return f"{entry['rows_written']:,} rows{rejected}, chunk {entry['chunks_done']}/{entry['chunks_total']}"
