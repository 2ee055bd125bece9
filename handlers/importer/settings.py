"""The importer's settings, read from its environment variables once a cold start."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from handlers.importer import environment
from handlers.importer.items.rules import Schema
from handlers.importer.reading.format import Format
from handlers.shared.variables import flag


class Settings(NamedTuple):
    """What one deployment of the importer does; `environment` says what each field means."""

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


def read(environ: Mapping[str, str]) -> Settings:
    """Reads the settings."""
    keys = environ[environment.PARTITION_KEY], environ[environment.SORT_KEY]
    return Settings(
        table=environ[environment.TABLE],
        schema=Schema(tuple(filter(None, keys)), json.loads(environ[environment.COLUMNS])),
        ledger=environ[environment.LEDGER],
        queue_url=environ[environment.QUEUE_URL],
        dead_letter_queue_url=environ[environment.DEAD_LETTER_QUEUE_URL],
        receives=int(environ[environment.RECEIVES]),
        prefix=environ[environment.PREFIX],
        ordered=flag(environ[environment.ORDERED]),
        chunk_bytes=int(environ[environment.CHUNK_BYTES]),
        gzip_limit_bytes=int(environ[environment.GZIP_LIMIT_BYTES]),
        hop_limit=int(environ[environment.HOP_LIMIT]),
        ignore=tuple(json.loads(environ[environment.IGNORE])),
        transform=environ[environment.TRANSFORM],
        write_units=float(environ[environment.WRITE_UNITS]),
        format=Format.read(environ.get(environment.FORMAT, "{}")),
    )
