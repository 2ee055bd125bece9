"""What the importer's tests use: a file read without AWS, and the importer in a cloud of moto's."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from moto import mock_aws

from handlers.importer.errors import Reject
from handlers.importer.items.rules import Item, Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.formats import by_name, inspect
from handlers.importer.reading.readers import reader
from handlers.importer.reading.records import Position
from handlers.importer.reading.streams import Gunzip, Stream
from tests.handlers.importer.cloud import Cloud


class Outcome(NamedTuple):
    items: list[Item]
    rejects: list[Reject]
    ends: list[Position]

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
    transform: Transform | None = None,
    piece: int = 1 << 20,
    gzip_limit: int = 1 << 30,
    start: Position | None = None,
) -> Outcome:
    """Reads a file, at most `piece` bytes at a time, from its first row or from `start` on."""
    source = io.BytesIO(data)

    def read(size: int) -> bytes:
        return source.read(min(size, piece))

    format_ = by_name(name)
    stream = Stream(Gunzip(read, gzip_limit).read if format_.gzipped else read)
    head = inspect(stream, format_)
    rows = reader(head, Schema(keys, columns or {}), transform)
    if start:
        stream.skip(start.offset - head.start.offset)
    batches = list(rows.batches(stream.read, start or head.start))
    return Outcome(
        [item for batch in batches for item in batch.items],
        [reject for batch in batches for reject in batch.rejects],
        [batch.end for batch in batches],
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
