"""Tries a file without a cloud: `python -m handlers.importer.dry_run FILE FOLDER` prints the outcome as JSON.

Runs in this repository's folder with the function's environment variables; FOLDER holds the function's code and
settings. Reads as the function does.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handlers.importer.errors import FileError
from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import load
from handlers.importer.reading.encodings import UTF_8
from handlers.importer.reading.rows import Rows
from handlers.importer.settings import read

_SHOWN = 5
_COMPRESSED = {"": "", "gzip": "gzipped", "zstd": "zstd"}


def dry_run(path: Path, environ: Mapping[str, str], folder: str) -> dict[str, Any]:
    """Returns what the function would do with a file, by its environment variables and the folder of its code.

    Returns:
        `format`, `keys` (names), `columns` (column, and its name in items -> type; empty except for CSV); the numbers
        of `items`, `rejected` and `skipped`; `first_items` (`line`, `item`) and `first_rejects` (`line`, `reason`,
        `row`), with items and rows as JSON texts. If the file cannot be imported, `error` says why, and the rest
        describes what was read before, if anything.
    """
    result: dict[str, Any] = {}
    settings = read(environ, folder)
    schema = settings.schema
    try:
        with path.open("rb") as file:
            rows = Rows(lambda _: file, path.name, settings.gzip_limit_bytes, settings=settings.format)
            batches = rows.reader(schema, load(settings.transform)).batches(rows.stream.read, rows.position)
            kind = rows.kind or rows.head.kind  # the head of an empty file says nothing
            encoding = "" if rows.head.encoding == UTF_8 else rows.head.encoding.label
            result = {
                "format": ", ".join(filter(None, [kind.value, _COMPRESSED[rows.compression], encoding])),
                "keys": list(schema.keys),
                "columns": dict(_typed(column, schema) for column in rows.head.header),
                "items": 0,
                "rejected": 0,
                "skipped": 0,
                "first_items": [],
                "first_rejects": [],
            }
            for batch in batches:
                result["items"] += len(batch.items)
                result["rejected"] += len(batch.rejects)
                result["skipped"] += batch.skipped
                for text, _, (line, _) in batch.items[: _SHOWN - len(result["first_items"])]:
                    result["first_items"].append({"line": line, "item": text})
                for reject in batch.rejects[: _SHOWN - len(result["first_rejects"])]:
                    result["first_rejects"].append(reject._asdict())
    except FileError as error:
        result["error"] = str(error)
    return result


def _typed(column: str, schema: Schema) -> tuple[str, str]:
    attribute = schema.names.get(column, column)
    return column if attribute == column else f"{column} as {attribute}", schema.type_of(attribute)


if __name__ == "__main__":
    print(json.dumps(dry_run(Path(sys.argv[1]), os.environ, sys.argv[2])))
