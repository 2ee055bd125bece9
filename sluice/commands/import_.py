"""`import FILE`: uploads a file and follows its import, or tries it without a cloud."""

from pathlib import Path
from typing import Any

import click

from sluice.commands.imports import follow_until, show
from sluice.console import err, out, plural
from sluice.ledger import RUNNING, Entry
from sluice.target import Target, from_file, running

_SHOWN = 5


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show types, items and rejects without a cloud.")
@click.option("--stack", help="The running stack; with --dry-run the one whose settings count (default local).")
@click.option(
    "--outputs",
    "outputs_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A stack in AWS instead: a file with what `pulumi stack output --json` prints.",
)
def command(file: Path, dry_run: bool, stack: str | None, outputs_file: Path | None) -> None:
    """Import FILE: upload it and follow its import.

    Exits with 1 where a row was rejected or the file failed.
    """
    if dry_run:
        _try(file, stack or "local")
        return
    target = from_file(outputs_file) if outputs_file else running(stack)
    entry = upload(target, file)
    show([entry])
    if entry["status"] != "SUCCEEDED":
        raise click.exceptions.Exit(1)


def upload(target: Target, file: Path) -> Entry:
    """Uploads a file, shows the progress of its import and returns its entry in the ledger when it has ended."""
    bucket, key = target["import_bucket_name"], f"{target['import_prefix']}{file.name}"
    s3 = target.client("s3")
    with err.status(f"Uploading {file.name} ..."), file.open("rb") as body:
        s3.upload_fileobj(body, bucket, key)
    head = s3.head_object(Bucket=bucket, Key=key)
    named = head.get("VersionId", "null")  # "null" where the bucket keeps no versions
    version = head["ETag"].strip('"') if named == "null" else named

    def own(found: list[Entry]) -> list[Entry]:
        return [entry for entry in found if entry["version"] == version]

    def ended(found: list[Entry]) -> bool:
        return any(entry["status"] != RUNNING for entry in own(found))

    return own(follow_until(target, ended, f"{bucket}/{key}"))[0]


def _try(file: Path, stack: str) -> None:
    """Reads a file as the importer would and shows what would become of it."""
    from handlers.importer.errors import FileError, Reject
    from handlers.importer.items import Item

    items: list[Item] = []
    rejects: list[Reject] = []
    written = rejected = 0
    try:
        described, batches = _opened(file, stack)
        out.print(described, markup=False)
        for batch in batches:
            written, rejected = written + len(batch.items), rejected + len(batch.rejects)
            items += batch.items[: _SHOWN - len(items)]
            rejects += batch.rejects[: _SHOWN - len(rejects)]
    except FileError as error:
        raise click.ClickException(f"{file.name} {error}") from None
    out.print(f"{plural(written, 'item')} would be written" + (", the first of them:" if items else "."))
    for text, _, (line, _) in items:
        out.print(f"  line {line}: {text}", markup=False)
    out.print(f"{plural(rejected, 'row')} would be rejected" + (", the first of them:" if rejects else "."))
    for reject in rejects:
        out.print(f"  line {reject.line}: {reject.reason}: {reject.row}", markup=False)
    if rejected:
        raise click.exceptions.Exit(1)


def _opened(file: Path, stack: str) -> tuple[str, Any]:
    """What the file is, in words, and its batches."""
    from handlers.importer.formats import by_name, inspect
    from handlers.importer.items import Schema
    from handlers.importer.readers import reader
    from handlers.importer.streams import Gunzip, Stream
    from handlers.importer.transform import TRANSFORM
    from infra.settings import SettingsError, load
    from local.program import ProgramError, configuration
    from sluice.state import checkout

    try:
        imports = load(configuration(stack, checkout()), stack).imports
    except (ProgramError, SettingsError) as error:
        raise click.ClickException(str(error)) from None
    keys = [key for key in (imports.partition_key, imports.sort_key) if key]
    schema = Schema(keys, imports.columns)
    format_ = by_name(file.name)
    opened = file.open("rb")
    limit = imports.gzip_limit_mib * 1024 * 1024
    stream = Stream(Gunzip(opened.read, limit).read if format_.gzipped else opened.read)
    head = inspect(stream, format_)
    columns = ", ".join(f"{name} ({schema.type_of(name)})" for name in head.header)
    zipped = ", gzipped" if format_.gzipped else ""
    described = f"{file.name}: {head.kind.value}{zipped}; keys {', '.join(keys)}" + (
        f"; columns {columns}" if columns else ""
    )
    return described, reader(head, schema, TRANSFORM).batches(stream.read, head.start)
