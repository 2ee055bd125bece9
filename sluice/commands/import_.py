"""`import FILE...`: uploads files and follows their imports, or tries them without a cloud."""

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from sluice import state
from sluice.commands import rejects as rejects_command
from sluice.commands.imports import follow_until, show
from sluice.importing import readable, send
from sluice.ledger import IGNORED, SUCCEEDED, Entry, place
from sluice.pipelines import Pipeline, chosen, pipeline_option
from sluice.rejects import rejects
from sluice.target import Target, chosen_target, outputs_option
from sluice.terminal import Bars, note, plural, print_json, say
from sluice.uploads import Upload, unreadable, uploads

_SHOWN = 5
"""How many rejects of a file are shown."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show types, items and rejects without a cloud.")
@click.option("--again", is_flag=True, help="Import even if the same content was imported before.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: the ledger's entries, or what --dry-run found.")
@pipeline_option
@click.option("--stack", help="The running stack; with --dry-run the stack whose settings apply (default local).")
@outputs_option
def command(
    files: tuple[Path, ...],
    pipeline_name: str | None,
    dry_run: bool,
    again: bool,
    as_json: bool,
    stack: str | None,
    outputs_file: Path | None,
) -> None:
    """Import FILES: upload them and follow their imports.

    All files of a folder are imported.
    Exits with 1 if a row was rejected or a file was not imported.

    \b
    Examples:
      python -m sluice import orders.csv --dry-run
      python -m sluice import orders.csv more/
    """  # noqa: D301 click reads the control character
    if dry_run and outputs_file:
        raise click.UsageError("--dry-run needs no cloud: choose the settings with --stack, not --outputs")
    files_there = uploads(files)
    if not files_there:
        raise click.ClickException(f"there is no file in {', '.join(map(str, files))}")
    if dry_run:
        is_complete = _try(files_there, stack or "local", pipeline_name, as_json)
    else:
        pipeline = chosen(chosen_target(stack, outputs_file), "imports", pipeline_name)
        is_complete = _import(pipeline, files_there, again, as_json)
    if not is_complete:
        raise click.exceptions.Exit(1)


def _import(pipeline: Pipeline, files: Sequence[Upload], again: bool, as_json: bool) -> bool:
    """Imports files; returns whether all rows of all of them were."""
    reasons = {file: reason for file in files if (reason := unreadable(file.path))}
    for file, reason in reasons.items():
        note((f"{file.path} was not uploaded: {reason}.", "red"))
    ended, unchanged = upload_all(pipeline, [file for file in files if file not in reasons], again=again)
    if as_json:
        print_json(ended)
    elif ended:
        show(ended)
        for entry in ended:
            _show_rejects(pipeline.target, entry)
    for entry in unchanged:
        note((_unchanged(entry), "yellow"))
        note("  Nothing was done. --again imports it again.")
    return not reasons and not unchanged and all(entry["status"] in (SUCCEEDED, IGNORED) for entry in ended)


def upload(pipeline: Pipeline, file: Path) -> Entry:
    """Uploads a file, shows the progress of its import and returns its ledger entry when it has ended."""
    return upload_all(pipeline, [Upload(file, file.name)])[0][0]


def upload_all(pipeline: Pipeline, files: Sequence[Upload], *, again: bool = False) -> tuple[list[Entry], list[Entry]]:
    """Uploads files and shows the progress of their imports.

    Args:
        pipeline: The import.
        files: What to upload.
        again: Whether content that was imported before is imported once more.

    Returns:
        The entries of the imports when they have ended, and the older entries of content that was imported before.
    """
    with Bars() as bars:
        sent = send(
            pipeline,
            files,
            lambda file, so_far, size: bars.show(file, file.key, "uploading", so_far, size),
            again=again,
        )
    if not sent.awaited:
        return [], sent.unchanged
    name = next(iter(sent.awaited))[0] if len(sent.awaited) == 1 else None
    return sent.own(follow_until([pipeline], sent.has_ended, name)), sent.unchanged


def _show_rejects(target: Target, entry: Entry) -> None:
    bucket, key = place(entry)
    if not entry["rows_rejected"]:
        return
    say(f"{key}: {plural(entry['rows_rejected'], 'row')} not imported, the first of them:")
    for reject in islice(rejects(target, bucket, key), _SHOWN):
        rejects_command.show(reject)
    if entry["rows_rejected"] > _SHOWN:
        say(f"  `python -m sluice rejects {key}` shows all of them.")
    say("  Correct them in the file and import it again: it overwrites what is there.")


def _unchanged(entry: Entry) -> str:
    _, key = place(entry)
    return f"{key}: the same content was imported at {entry['finished_at']} ({entry['status']})."


def _try(files: Sequence[Upload], stack: str, pipeline_name: str | None, as_json: bool) -> bool:
    """Reads files as the importer would and shows the results; returns whether no row would be rejected."""
    from sluice.dry_run import dry_run

    results: list[dict[str, Any]] = []
    for file in files:
        reason = unreadable(file.path)
        result = {"error": reason} if reason else dry_run(file.path, stack, state.checkout(), pipeline_name)
        results.append({"file": str(file.path), **result})
        if not as_json:
            _show_result(file.path.name, result)
    if as_json:
        objects = [_as_json(result) for result in results]
        print_json(objects[0] if len(objects) == 1 else objects)
    errors = [result for result in results if "error" in result]
    if errors and not as_json:
        for result in errors[:-1]:
            note((f"{Path(result['file']).name}: {result['error']}", "red"))
        raise click.ClickException(f"{Path(errors[-1]['file']).name}: {errors[-1]['error']}")
    return not errors and not any(result["rejected"] for result in results)


def _as_json(result: dict[str, Any]) -> dict[str, Any]:
    """A result whose rows and items are JSON values."""
    items = [{**item, "item": json.loads(item["item"])} for item in result.get("first_items", [])]
    rejected = [{**reject, "row": json.loads(reject["row"])} for reject in result.get("first_rejects", [])]
    counts = {name: result.get(name, 0) for name in ("items", "rejected", "skipped")}
    return {**result, "format": result.get("format"), **counts, "first_items": items, "first_rejects": rejected}


def _show_result(name: str, result: dict[str, Any]) -> None:
    if "format" in result:
        columns = ", ".join(f"{column} ({kind})" for column, kind in result["columns"].items())
        keys = ", ".join(result["keys"])
        say(f"{name}: {result['format']}; keys {keys}" + (f"; columns {columns}" if columns else ""))
    if "error" in result:
        return
    items, refused = result["first_items"], result["first_rejects"]
    say(f"{plural(result['items'], 'item')} would be written" + (", the first of them:" if items else "."))
    for item in items:
        say(f"  line {item['line']}: {readable(item['item'])}")
    if result.get("skipped"):
        say(f"{plural(result['skipped'], 'row')} would be skipped.")
    say(f"{plural(result['rejected'], 'row')} would be rejected" + (", the first of them:" if refused else "."))
    for reject in refused:
        say(f"  line {reject['line']}: {reject['reason']}: {readable(reject['row'])}")
