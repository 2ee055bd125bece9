"""`rejects [FILE]`: the rows that were not imported, with line and reason."""

from collections.abc import Sequence

import click

from sluice.ledger import PARTIAL, RUNNING, Entry, entries, place
from sluice.pipelines import Pipeline, pipeline_option, several
from sluice.rejects import Reject, rejects
from sluice.target import Target, targeted
from sluice.terminal import plural, print_json, say


@click.command("rejects")
@click.argument("file", required=False)
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pipeline_option
@targeted
def command(target: Target, file: str | None, pipeline_name: str | None, as_json: bool) -> None:
    """Show the rows of FILE, or of all files, that were not imported.

    FILE is a key, with or without the prefix of the import, or the end of a key.

    \b
    Examples:
      python -m sluice rejects orders.csv
      python -m sluice rejects --json
    """  # noqa: D301 click reads the control character
    rows = [
        reject
        for entry in _chosen(several(target, "imports", pipeline_name), file)
        for reject in rejects(target, *place(entry))
    ]
    if as_json:
        print_json([reject._asdict() for reject in rows])
        return
    for reject in rows:
        show(reject, with_file=True)
    say(f"{plural(len(rows), 'row')} not imported.")


def show(reject: Reject, *, with_file: bool = False) -> None:
    """Prints a reject as a line."""
    position = f"{reject.file}, line {reject.line}" if with_file else f"  line {reject.line}"
    say(f"{position}: {reject.reason}: {reject.row_text}")


def _chosen(imports: Sequence[Pipeline], file: str | None) -> list[Entry]:
    """The newest entries of the selected files.

    Raises:
        click.ClickException: No file of that name was imported.
    """
    newest = {entry["object"]: entry for entry in entries(imports)}  # the latest begun is the last
    if file is None:
        return [entry for entry in newest.values() if entry["status"] in (PARTIAL, RUNNING) or entry["rows_rejected"]]
    known = {place(entry)[1]: entry for entry in newest.values()}
    for key in (file, *(pipeline["prefix"] + file for pipeline in imports)):
        if key in known:
            return [known[key]]
    ends = [entry for key, entry in known.items() if key.endswith(f"/{file}")]
    if not ends:
        raise click.ClickException(f"no file {file} was imported: `python -m sluice imports` lists those that were")
    return ends
