"""The importer's settings, from its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.importer import environment
from handlers.importer.items.rules import Schema


@dataclass(frozen=True)
class Settings:
    """What the function is told; see `environment` for each."""

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


def settings(env: Mapping[str, str]) -> Settings:
    """The settings that these environment variables say."""
    keys = [env[environment.PARTITION_KEY], env[environment.SORT_KEY]]
    return Settings(
        table=env[environment.TABLE],
        schema=Schema(tuple(filter(None, keys)), json.loads(env[environment.COLUMNS])),
        ledger=env[environment.LEDGER],
        queue_url=env[environment.QUEUE_URL],
        dead_letter_queue_url=env[environment.DEAD_LETTER_QUEUE_URL],
        receives=int(env[environment.RECEIVES]),
        prefix=env[environment.PREFIX],
        ordered=env[environment.ORDERED] == "true",
        chunk_bytes=int(env[environment.CHUNK_BYTES]),
        gzip_limit_bytes=int(env[environment.GZIP_LIMIT_BYTES]),
        hop_limit=int(env[environment.HOP_LIMIT]),
    )
