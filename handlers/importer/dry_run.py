"""What would become of a file, without a cloud: `python -m handlers.importer.dry_run FILE` prints it as a JSON object.

It has the function's environment variables, runs in this repository's folder, and reads as the function does.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handlers.importer.errors import FileError
from handlers.importer.items.transform import TRANSFORM
from handlers.importer.reading.formats import by_name, inspect
from handlers.importer.reading.readers import reader
from handlers.importer.reading.streams import Gunzip, Stream
from handlers.importer.settings import settings

_SHOWN = 5


def dry_run(path: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Returns what the function would do with a file.

    Args:
        path: the file.
        environ: the function's environment variables.

    Returns:
        `format`, `keys` (names), `columns` (name -> type; empty but for CSV), `items` and `rejected` (counts),
        `first_items` (`line`, `item`) and `first_rejects` (`line`, `reason`, `row`), items and rows as JSON texts.
        Where the file cannot be imported, `error` says why; the rest tells what was read before, if anything was.
    """
    result: dict[str, Any] = {}
    schema, limit = settings(environ).schema, settings(environ).gzip_limit_bytes
    try:
        with path.open("rb") as file:
            by = by_name(path.name)
            stream = Stream(Gunzip(file.read, limit).read if by.gzipped else file.read)
            head = inspect(stream, by)
            batches = reader(head, schema, TRANSFORM).batches(stream.read, head.start)
            kind = by.kind or head.kind  # the head of an empty file says nothing
            result = {
                "format": kind.value + (", gzipped" if by.gzipped else ""),
                "keys": list(schema.keys),
                "columns": {column: schema.type_of(column) for column in head.header},
                "items": 0,
                "rejected": 0,
                "first_items": [],
                "first_rejects": [],
            }
            for batch in batches:
                result["items"] += len(batch.items)
                result["rejected"] += len(batch.rejects)
                for text, _, (line, _) in batch.items[: _SHOWN - len(result["first_items"])]:
                    result["first_items"].append({"line": line, "item": text})
                for reject in batch.rejects[: _SHOWN - len(result["first_rejects"])]:
                    result["first_rejects"].append(reject._asdict())
    except FileError as error:
        result["error"] = str(error)
    return result


if __name__ == "__main__":
    print(json.dumps(dry_run(Path(sys.argv[1]), os.environ)))
