"""The importer's settings, read once per cold start from its environment and from a file in its archive.

The file is JSON with all of these members:

    {"columns": {"orderId": "N"}, "names": {"Order No": "orderId"}, "constants": {"source": {"S": "crm"}},
     "format": {"type": "csv", "delimiter": ";"}, "ignore": ["*.crc"]}

`columns`, `names` and `constants` are those of `items.rules.Schema`, `format` holds fields of `reading.format.Format`,
and `ignore` names files that are not data; see `queue.companions`.
"""

import json
from collections.abc import Mapping
from os.path import dirname, join  # pathlib takes longer to load than most of this function
from typing import Any, NamedTuple

from handlers.importer import environment
from handlers.importer.items.rules import Schema
from handlers.importer.reading.format import Format
from handlers.shared.variables import flag

FOLDER = dirname(dirname(dirname(__file__)))
"""The folder that holds `handlers`: in Lambda, the archive."""


class Settings(NamedTuple):
    """One deployment's settings; `environment` explains the fields."""

    table: str
    schema: Schema
    ledger: str
    queue_url: str
    dead_letter_queue_url: str
    receives: int
    prefix: str
    ordered: bool
    chunk_bytes: int
    gzip_limit_bytes: int
    hop_limit: int
    ignore: tuple[str, ...] = ()
    transform: str = ""
    write_units: float = 0.0
    format: Format = Format()


def read(environ: Mapping[str, str], folder: str = FOLDER) -> Settings:
    """Returns the settings from environment variables and from the file that they name in a folder."""
    file = _content(join(folder, environ[environment.SETTINGS]))
    return Settings(
        table=environ[environment.TABLE],
        schema=_schema((environ[environment.PARTITION_KEY], environ[environment.SORT_KEY]), file),
        ledger=environ[environment.LEDGER],
        queue_url=environ[environment.QUEUE_URL],
        dead_letter_queue_url=environ[environment.DEAD_LETTER_QUEUE_URL],
        receives=int(environ[environment.RECEIVES]),
        prefix=environ[environment.PREFIX],
        ordered=flag(environ[environment.ORDERED]),
        chunk_bytes=int(environ[environment.CHUNK_BYTES]),
        gzip_limit_bytes=int(environ[environment.GZIP_LIMIT_BYTES]),
        hop_limit=int(environ[environment.HOP_LIMIT]),
        ignore=tuple(file["ignore"]),
        transform=environ[environment.TRANSFORM],
        write_units=float(environ[environment.WRITE_UNITS]),
        format=Format(**file["format"]),
    )


def _content(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _schema(keys: tuple[str, str], file: Mapping[str, Any]) -> Schema:
    return Schema(
        keys=tuple(filter(None, keys)),
        columns=file["columns"],
        names=file["names"],
        constants={name: json.dumps(value, separators=(",", ":")) for name, value in file["constants"].items()},
    )
