"""What the importer's tests use: a file read without AWS, and the importer in a cloud of moto's."""

import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest
from moto import mock_aws

from handlers.importer.errors import Reject
from handlers.importer.items.rules import Item, Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading import csv_reader
from handlers.importer.reading.format import Format
from handlers.importer.reading.formats import AS_NAMED
from handlers.importer.reading.records import Position, blocks
from handlers.importer.reading.rows import Rows
from tests.handlers.importer.cloud import Cloud


class Outcome(NamedTuple):
    items: list[Item]
    rejects: list[Reject]
    ends: list[Position]
    skipped: int = 0

    @property
    def stored(self) -> list[dict[str, Any]]:
        return [json.loads(item[0]) for item in self.items]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.line, reject.reason) for reject in self.rejects]


ReadFile = Callable[..., Outcome]


def read_file(
    name: str,
    data: bytes,
    *,
    keys: tuple[str, ...] = ("id",),
    columns: dict[str, str] | None = None,
    names: dict[str, str] | None = None,
    constants: dict[str, str] | None = None,
    transform: Transform | None = None,
    piece: int = 1 << 20,
    gzip_limit: int = 1 << 30,
    start: Position | None = None,
    settings: Format = AS_NAMED,
) -> Outcome:
    """Reads a file, at most `piece` bytes at a time, from its first row or from `start` on."""

    class Source(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, piece))

    rows = Rows(lambda offset: Source(data[offset:]), name, gzip_limit, start or Position(0, 1), settings)
    reader = rows.reader(Schema(keys, columns or {}, names or {}, constants or {}), transform)
    batches = list(reader.batches(rows.stream.read, rows.position))
    return Outcome(
        [item for batch in batches for item in batch.items],
        [reject for batch in batches for reject in batch.rejects],
        [batch.end for batch in batches],
        sum(batch.skipped for batch in batches),
    )


@pytest.fixture(name="read_file", scope="session")
def read_file_fixture() -> ReadFile:
    return read_file


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Cloud()


@pytest.fixture
def small_steps(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Blocks of some rows, and time for one of them an invocation."""
    monkeypatch.setattr(csv_reader, "blocks", partial(blocks, size=100))
    cloud.hurry = True
    return cloud
