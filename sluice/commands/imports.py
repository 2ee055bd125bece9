"""`imports`: the import ledger, with progress bars while imports run."""

from collections.abc import Callable

import click
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from sluice.console import err, out, plural, print_json
from sluice.ledger import RUNNING, Entry, entries, followed
from sluice.target import Target, targeted


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


def follow_until(target: Target, until: Callable[[list[Entry]], bool]) -> list[Entry]:
    """Shows the progress of running imports until the ledger is as wanted; returns it then."""
    found: list[Entry] = []
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        bars: dict[tuple[str, str], TaskID] = {}
        for found in followed(target, until):
            for entry in found:
                name = (entry["object"], entry["version"])
                if entry["status"] == RUNNING or name in bars:
                    bars.setdefault(
                        name, progress.add_task(_short(entry), told="", total=None) if name not in bars else bars[name]
                    )
                    progress.update(
                        bars[name], completed=entry["bytes_read"], total=entry["bytes_total"] or None, told=_told(entry)
                    )
    return found


def show(found: list[Entry]) -> None:
    """Prints entries as a table, with the reason of each that failed."""
    shown = Table("file", "status", "rows", "written", "rejected", "chunks", "finished", box=None, padding=(0, 2, 0, 0))
    colours = {"SUCCEEDED": "green", "PARTIAL": "yellow", "FAILED": "red", RUNNING: "cyan"}
    for entry in found:
        counts = (f"{entry[name]:,}" for name in ("rows_read", "rows_written", "rows_rejected"))
        chunks = f"{entry['chunks_done']}/{entry['chunks_total']}"
        status = Text(entry["status"], style=colours.get(entry["status"], ""))
        shown.add_row(Text(_short(entry)), status, *counts, chunks, entry["finished_at"] or "")
    out.print(shown)
    for entry in found:
        if entry["error"]:
            out.print(f"{_short(entry)}: {entry['error']}", markup=False)
    out.print(f"{plural(len(found), 'import')}.")


def _none_runs(found: list[Entry]) -> bool:
    return not any(entry["status"] == RUNNING for entry in found)


def _short(entry: Entry) -> str:
    """The key, without the bucket."""
    return entry["object"].partition("/")[2]


def _told(entry: Entry) -> str:
    rejected = f", {entry['rows_rejected']:,} rejected" if entry["rows_rejected"] else ""
    return f"{entry['rows_written']:,} rows{rejected}, chunk {entry['chunks_done']}/{entry['chunks_total']}"
