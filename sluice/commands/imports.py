"""`imports`: the import ledger, with progress bars while imports run."""

import re
from collections.abc import Callable, Sequence

import click

from sluice.ledger import IGNORED, RUNNING, Entry, entries, followed, place
from sluice.pipelines import Pipeline, pipeline_option, several
from sluice.target import Target, targeted
from sluice.terminal import Bars, Part, plural, print_json, print_table, say

_COLOURS = {"SUCCEEDED": "green", "PARTIAL": "yellow", "FAILED": "red", RUNNING: "cyan", IGNORED: "dim"}


@click.command("imports")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array of ledger entries.")
@click.option("--follow", is_flag=True, help="Show progress until all imports have ended.")
@pipeline_option
@targeted
def command(target: Target, pipeline_name: str | None, as_json: bool, follow: bool) -> None:
    """Show the ledger of all imports, or of one.

    \b
    Examples:
      python -m sluice imports --follow
      python -m sluice imports --outputs outputs.json
    """  # noqa: D301 click reads the control character
    imports = several(target, "imports", pipeline_name)
    ledger = follow_until(imports, _none_runs) if follow else entries(imports)
    if as_json:
        print_json(ledger)
    else:
        show(ledger)


def follow_until(
    imports: Sequence[Pipeline], until: Callable[[list[Entry]], bool], name: str | None = None
) -> list[Entry]:
    """Shows the progress of all imports, or of an object's, until the ledger is as wanted; then returns it."""
    ledger: list[Entry] = []
    with Bars() as bars:
        for ledger in followed(imports, until, name):
            for entry in ledger:
                _show_progress(bars, entry)
    return ledger


def _show_progress(bars: Bars, entry: Entry) -> None:
    key = (entry["object"], entry["version"])
    if key in bars or entry["status"] == RUNNING:  # imports that had ended before have none
        bars.show(key, _short(entry), _state(entry), entry["bytes_read"], entry["bytes_total"] or None)


def show(ledger: list[Entry]) -> None:
    """Prints entries as a table, with the reason of each that failed."""
    print_table(("file", "status", "rows", "written", "rejected", "skipped", "chunks", "finished"), *map(_row, ledger))
    for entry in ledger:
        if entry["error"]:
            say(f"{_short(entry)}: {entry['error']}")
    say(f"{plural(len(ledger), 'import')}.")


def _row(entry: Entry) -> tuple[Part, ...]:
    counts = (f"{entry[name]:,}" for name in ("rows_read", "rows_written", "rows_rejected", "rows_skipped"))
    status = (entry["status"], _COLOURS.get(entry["status"], ""))
    return (
        _short(entry),
        status,
        *counts,
        f"{entry['chunks_done']}/{entry['chunks_total']}",
        _seconds(entry["finished_at"] or ""),
    )


def _seconds(moment: str) -> str:
    """A time without its milliseconds."""
    return re.sub(r"\.\d+Z$", "Z", moment)


def _none_runs(ledger: list[Entry]) -> bool:
    return not any(entry["status"] == RUNNING for entry in ledger)


def _short(entry: Entry) -> str:
    """The key, without the bucket."""
    return place(entry)[1]


def _state(entry: Entry) -> str:
    rejected = f", {entry['rows_rejected']:,} rejected" if entry["rows_rejected"] else ""
    return f"{entry['rows_written']:,} rows{rejected}, chunk {entry['chunks_done']}/{entry['chunks_total']}"
