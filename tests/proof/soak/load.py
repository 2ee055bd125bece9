"""What people ask of a stack, at random, and the account of what has to come of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sluice.cloud.embedded import Stack
from tests.proof.soak.changes import Changes, Source
from tests.proof.soak.files import File, companion, poison, random_file
from tests.proof.soak.settings import COUNTED, KEYS

_PAST = datetime(2026, 1, 1, tzinfo=UTC)


class Load:
    """Asks, one thing at a time.

    Attributes:
        stack: as it is now.
        changes: of the streams' tables.
        files: those that were put, by their objects' names (`bucket/key`).
        counted: tables that reports count -> the keys of what is in each.
        last_reported: the time for which `report` has last made reports.
    """

    def __init__(self, random: Random, stack: Stack) -> None:
        self.stack, self._random = stack, random
        streams = stack.outputs["streams"]
        sources = [
            Source(table["name"], KEYS[table["name"]], name) for name in streams for table in streams[name]["tables"]
        ]
        self._dynamodb, self._s3 = stack.cloud.client("dynamodb"), stack.cloud.client("s3")
        self.changes = Changes(random, self._dynamodb, sources)
        self.files: dict[str, File] = {}
        self.counted: dict[str, list[str]] = {name: [] for name in COUNTED}
        self.last_reported = ""
        self._numbers = {"file": 0, "report": 0, "item": 0}
        for name in COUNTED:
            self._dynamodb.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            )

    def change(self, streams: Mapping[str, Any]) -> None:
        """Changes an item of a stream's table."""
        self.changes.change(streams)

    def flood(self, streams: Mapping[str, Any]) -> None:
        """Writes many items into a stream's table at once."""
        self.changes.flood(streams)

    def count(self, _streams: Mapping[str, Any]) -> None:
        """Puts an item into a table that is counted, or removes one."""
        name = self._random.choice(list(self.counted))
        held = self.counted[name]
        if held and self._random.random() < 0.3:
            self._dynamodb.delete_item(TableName=name, Key={"id": {"S": held.pop(self._random.randrange(len(held)))}})
            return
        held.append(f"i-{self._next('item')}")
        day = (_PAST + timedelta(days=self._random.randrange(300))).date().isoformat()
        item = {"id": {"S": held[-1]}, "name": {"S": f"Item {held[-1]}"}, "date": {"S": day}}
        self._dynamodb.put_item(TableName=name, Item=item)

    def file(self, _streams: Mapping[str, Any]) -> None:
        """Puts a file."""
        self._put(*self._file(rows=self._random.randrange(1, 200), width=self._random.randrange(1, 4)))

    def large(self, _streams: Mapping[str, Any]) -> None:
        """Puts a file of a few MiB, which is split where its format allows it."""
        self._put(*self._file(rows=self._random.randrange(1400, 1900), width=100))

    def poison(self, _streams: Mapping[str, Any]) -> None:
        """Puts a file that cannot be imported, and one that is no data."""
        self._put("items", poison(f"poison-{self._next('file')}"))
        self._put("products", companion(f"job-{self._next('file')}"))

    def report(self, _streams: Mapping[str, Any]) -> None:
        """Has each schedule come due once more, each time for another minute of the past."""
        scheduled = _PAST + timedelta(minutes=self._next("report"))
        self.last_reported = f"{scheduled:%Y-%m-%dT%H:%M:%SZ}"
        for schedule in self.stack.schedules:
            schedule.fire(scheduled)

    def is_poison(self, where: str) -> bool:
        """Whether an object, `s3://bucket/key`, cannot be imported."""
        return self.files[where.removeprefix("s3://")].status == "FAILED"

    def _file(self, rows: int, width: int) -> tuple[str, File]:
        pipeline = self._random.choice(("items", "products"))
        key = {"items": "id", "products": "sku"}[pipeline]
        return pipeline, random_file(self._random, f"f{self._next('file')}", key, rows, width)

    def _put(self, pipeline: str, file: File) -> None:
        place = self.stack.outputs["imports"][pipeline]
        key = f"{place['prefix']}{file.name}"
        self.files[f"{place['bucket_name']}/{key}"] = file  # first: a failure of it may be looked at at once
        self._s3.put_object(Bucket=place["bucket_name"], Key=key, Body=file.body)

    def _next(self, of: str) -> int:
        self._numbers[of] += 1
        return self._numbers[of]
