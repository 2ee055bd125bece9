"""`import FILE`: uploads a file and follows its import, or tries it without a cloud."""

import json
import re
from pathlib import Path

import click

from sluice import state
from sluice.commands.imports import follow_until, show
from sluice.ledger import RUNNING, Entry
from sluice.target import Target, chosen_target, outputs_option
from sluice.terminal import plural, say, status

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
"""A string in JSON."""


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show types, items and rejects without a cloud.")
@click.option("--stack", help="The running stack; with --dry-run the one whose settings count (default local).")
@outputs_option
def command(file: Path, dry_run: bool, stack: str | None, outputs_file: Path | None) -> None:
    """Import FILE: upload it and follow its import.

    Exits with 1 where a row was rejected or the file failed.
    """
    if dry_run and outputs_file:
        raise click.UsageError("--dry-run needs no cloud: name the settings that count with --stack, not --outputs")
    if dry_run:
        _try(file, stack or "local")
        return
    target = chosen_target(stack, outputs_file)
    entry = upload(target, file)
    show([entry])
    if entry["status"] != "SUCCEEDED":
        raise click.exceptions.Exit(1)


def upload(target: Target, file: Path) -> Entry:
    """Uploads a file, shows the progress of its import and returns its entry in the ledger when it has ended."""
    bucket, key = target["import_bucket_name"], f"{target['import_prefix']}{file.name}"
    s3 = target.client("s3")
    with status(f"Uploading {file.name} ..."), file.open("rb") as body:
        s3.upload_fileobj(body, bucket, key)
    head = s3.head_object(Bucket=bucket, Key=key)
    version_id = head.get("VersionId", "null")  # "null" where the bucket keeps no versions
    version = head["ETag"].strip('"') if version_id == "null" else version_id

    def own(ledger: list[Entry]) -> list[Entry]:
        return [entry for entry in ledger if entry["version"] == version]

    def has_ended(ledger: list[Entry]) -> bool:
        return any(entry["status"] != RUNNING for entry in own(ledger))

    return own(follow_until(target, has_ended, f"{bucket}/{key}"))[0]


def _try(file: Path, stack: str) -> None:
    """Reads a file as the importer would and shows what would become of it."""
    from sluice.dry_run import dry_run

    result = dry_run(file, stack, state.checkout())
    if "format" in result:
        columns = ", ".join(f"{column} ({kind})" for column, kind in result["columns"].items())
        keys = ", ".join(result["keys"])
        say(f"{file.name}: {result['format']}; keys {keys}" + (f"; columns {columns}" if columns else ""))
    if "error" in result:
        raise click.ClickException(f"{file.name}: {result['error']}")
    items, rejects = result["first_items"], result["first_rejects"]
    say(f"{plural(result['items'], 'item')} would be written" + (", the first of them:" if items else "."))
    for item in items:
        say(f"  line {item['line']}: {_readable(item['item'])}")
    say(f"{plural(result['rejected'], 'row')} would be rejected" + (", the first of them:" if rejects else "."))
    for reject in rejects:
        say(f"  line {reject['line']}: {reject['reason']}: {_readable(reject['row'])}")
    if rejects:
        raise click.exceptions.Exit(1)


def _readable(text: str) -> str:
    """A row's JSON with its letters as they are; the rest stays as it is written, numbers to the digit."""

    def unescaped(literal: re.Match[str]) -> str:
        letters = json.dumps(json.loads(literal[0]), ensure_ascii=False)
        return letters.encode(errors="backslashreplace").decode()  # half a surrogate pair is no letter

    return _STRING.sub(unescaped, text)
