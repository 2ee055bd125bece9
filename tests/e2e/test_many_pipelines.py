"""A stack of seven pipelines: each works on what is its own, and on nothing else."""

from collections import Counter
from collections.abc import Iterator

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import mails
from sluice.failures.stream import stream_failures
from sluice.ledger import entries
from sluice.pipelines import chosen
from sluice.reports import run as run_report
from sluice.trail import lines_of
from tests.stacks import eventually, imports_of, many, table, target


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with EmbeddedCloud() as cloud:
        yield cloud.deploy("local", config=many())


def test_each_stream_mails_and_archives_the_changes_of_its_own_tables(stack):
    table(stack, "Orders").put_item(Item={"orderId": "o-1", "name": "Ada", "status": "NEW"})
    table(stack, "Returns").put_item(Item={"orderId": "r-1", "name": "Bo", "status": "NEW", "buyer": "bo@example.com"})
    table(stack, "Returns").put_item(Item={"orderId": "r-1", "name": "Bo", "status": "PAID", "buyer": "bo@example.com"})
    table(stack, "Contracts").put_item(Item={"contractId": "c-1", "email": "nobody@example.com"})
    table(stack, "Contracts").put_item(Item={"contractId": "c-1", "email": "someone@example.com"})
    users = table(stack, stack.output("streams.users.tables.0.name"))
    users.put_item(Item={"userId": "u-1", "name": "Cy", "email": "cy@example.com"})
    stack.wait_idle()
    sent = mails(stack.cloud.endpoint, stack.cloud.token)
    assert Counter((mail["to"][0], mail["subject"]) for mail in sent) == {
        ("sales@example.com", "Hello Ada, and welcome"): 1,
        ("hq@example.com", "Hello Ada, and welcome"): 1,
        ("sales@example.com", "Hello Bo, and welcome"): 1,
        ("hq@example.com", "Hello Bo, and welcome"): 1,
        ("bo@example.com", "Your profile has changed"): 1,
        ("cy@example.com", "Hello Cy, and welcome"): 1,
    }
    assert Counter((line["table"], line["event"]) for line in lines_of(target(stack))) == {
        ("Orders", "INSERT"): 1,
        ("Returns", "INSERT"): 1,
        ("Contracts", "INSERT"): 1,
        ("Contracts", "MODIFY"): 1,
        (stack.output("streams.users.tables.0.name"), "INSERT"): 1,
    }
    assert list(stream_failures(target(stack))) == []


def test_each_import_writes_into_its_own_table(stack):
    s3 = stack.cloud.client("s3")
    s3.put_object(Bucket=stack.output("imports.items.bucket_name"), Key="incoming/a.csv", Body=b"id,price\ni-1,2.5\n")
    s3.put_object(Bucket="team-exports", Key="products/b.jsonl", Body=b'{"sku": "p-1"}\n')
    s3.put_object(Bucket="team-exports", Key="elsewhere/c.csv", Body=b"sku\np-2\n")

    def ended():
        found = {entry["object"].rpartition("/")[2]: entry["status"] for entry in entries(imports_of(stack))}
        return found if len(found) >= 2 and "RUNNING" not in found.values() else {}

    assert eventually(ended) == {"a.csv": "SUCCEEDED", "b.jsonl": "SUCCEEDED"}
    items = table(stack, stack.output("imports.items.table_name")).scan()["Items"]
    assert [item["id"] for item in items] == ["i-1"]
    assert table(stack, "Products").scan()["Items"] == [{"sku": "p-1"}]


@pytest.mark.parametrize(("pipeline", "totals"), [("tables", {"RA": 1, "VR": 0}), ("shops", {"EU": 2, "US": 0})])
def test_each_report_counts_the_tables_of_its_own_groups(stack, pipeline, totals):
    for name, ids in {"tables": {"RA_one": ["1"]}, "shops": {"EU_malmo": ["1", "2"]}}[pipeline].items():
        stack.cloud.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        for each in ids:
            table(stack, name).put_item(Item={"id": each})
    report = run_report(chosen(target(stack), "reports", pipeline))
    assert {name: group["total"] for name, group in report["groups"].items()} == totals
    stored = stack.cloud.client("s3").list_objects_v2(
        Bucket=stack.output(f"reports.{pipeline}.bucket_name"), Prefix="reports/latest"
    )
    assert sorted(held["Key"] for held in stored["Contents"]) == ["reports/latest.html", "reports/latest.json"]
