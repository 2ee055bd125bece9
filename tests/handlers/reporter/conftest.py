"""An AWS for the reporter: moto's DynamoDB and S3, and an outbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from handlers.reporter.handler import _deadlines
from handlers.reporter.run import Run, Services
from handlers.reporter.settings import Settings
from handlers.shared.deadlines import Deadlines
from tests.clients import REGION, moto_client
from tests.handlers.reporter.fakes import AT, RA, VR, Bucket, Dynamo, Faults, Ses

TOTALS_KEY = [("group", "HASH"), ("generated_at", "RANGE")]


@dataclass
class Aws:
    """The services, their faults, and what a test looks into."""

    dynamodb: Dynamo
    bucket: Bucket
    ses: Ses
    faults: Faults
    tables: Any
    objects: Any

    def table(self, name: str, items: int = 0, key: list[tuple[str, str]] | None = None) -> None:
        """Makes a table with so many items."""
        key = key or [("id", "HASH")]
        self.tables.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": attribute, "KeyType": kind} for attribute, kind in key],
            AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute, _ in key],
            BillingMode="PAY_PER_REQUEST",
        )
        for number in range(items):
            row = {"id": f"{number:05}", "name": f"Lens {number}", "date": f"2026-11-{number % 28 + 1:02}"}
            self.tables.put_item(TableName=name, Item={attribute: {"S": value} for attribute, value in row.items()})

    def stored(self) -> list[str]:
        """The keys of all objects."""
        return [found["Key"] for found in self.objects.list_objects_v2(Bucket="reports").get("Contents", [])]

    def body(self, key: str) -> bytes:
        """The body of an object."""
        return self.objects.get_object(Bucket="reports", Key=key)["Body"].read()

    def rows(self, table: str = "RA_totales") -> list[dict[str, Any]]:
        """The rows of a totals table, oldest first."""
        return sorted(self.tables.scan(TableName=table)["Items"], key=lambda row: row["generated_at"]["S"])

    def run(self, time: Any = AT, owner: str = "run-1", seconds: float = 60, **changes: Any) -> Run:
        """A run for a time, with changed settings."""
        services = Services(self.dynamodb, self.ses, self.bucket)  # type: ignore[arg-type]  # the fakes have the calls
        return Run(settings(**changes), services, time, owner, _deadlines(seconds))


@pytest.fixture
def aws() -> Iterator[Aws]:
    """An AWS with a bucket and two totals tables."""
    with mock_aws():
        tables, objects = moto_client("dynamodb"), moto_client("s3")
        objects.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": REGION})
        faults = Faults()
        made = Aws(Dynamo(tables, faults), Bucket(objects, "reports", faults), Ses(faults), faults, tables, objects)
        for group in (RA, VR):
            made.table(group.totals_table, key=TOTALS_KEY)
        yield made


@pytest.fixture
def deadlines() -> Deadlines:
    """A minute."""
    return _deadlines(60)


def settings(**changes: Any) -> Settings:
    """Settings of two groups and two recipients."""
    values: dict[str, Any] = {
        "groups": (RA, VR),
        "mail": "always",
        "recipients": ("one@example.com", "two@example.com"),
        "name_attribute": "name",
        "date_attribute": "date",
        "bucket": "reports",
        "environment": "dev",
        "read_units": 1000,
        "items_per_table": 3,
        "history_days": 30,
        "mail_enabled": True,
        "mail_only_to": (),
        "mail_sender": "no-reply@example.com",
        "mail_reply_to": "",
        "mail_configuration_set": "mails",
    }
    return Settings(**(values | changes))
