"""The example of orders in the embedded cloud: each of its pipelines is driven, and does what its settings say."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import mails
from sluice.cloud.program.execution import ROOT
from sluice.ledger import entries
from sluice.pipelines import chosen
from sluice.reports import run as run_report
from tests.stacks import eventually, imports_of, table, target

pytestmark = pytest.mark.e2e

EXAMPLE = ROOT / "examples/orders"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of a copy of the repository that has the example's pipelines."""
    root: Path = tmp_path_factory.mktemp("shop")
    for name in ("__main__.py", "examples", "handlers", "infra", "sluice", "Pulumi.yaml"):
        (root / name).symlink_to(ROOT / name)
    (root / "pipelines.yaml").symlink_to(EXAMPLE / "pipelines.yaml")
    settings = {"aws:region": "eu-north-1", "sluice:mail": {"sender": "shop@example.com"}}
    (root / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": settings}))
    with EmbeddedCloud() as cloud:
        yield cloud.deploy("local", root=root)


ORDER = {
    "orderId": "o-1",
    "customer": "Zoë",
    "customerEmail": "zoe@example.com",
    "country": "SE",
    "total": Decimal("99.50"),
}


def test_a_customer_is_told_of_the_shipping_and_sales_of_the_order(stack):
    orders = table(stack, "Orders")
    orders.put_item(Item={**ORDER, "status": "NEW"})
    orders.put_item(Item={**ORDER, "status": "PACKED"})
    orders.put_item(Item={**ORDER, "status": "SHIPPED"})
    orders.put_item(Item={**ORDER, "status": "SHIPPED", "note": "left at the door"})
    stack.wait_idle()
    sent = {tuple(mail["to"]): mail for mail in mails(stack.cloud.endpoint, stack.cloud.token)}
    assert {to: mail["subject"] for to, mail in sent.items()} == {
        ("zoe@example.com",): "Your order o-1 is on its way",
        ("sales@example.com",): "New order o-1: 99.5 EUR",
    }
    assert len(mails(stack.cloud.endpoint, stack.cloud.token)) == 2
    assert "your order o-1 of 99.5 EUR has been shipped" in sent[("zoe@example.com",)]["text"]
    assert "Zoë in SE ordered for 99.5 EUR (o-1)." in sent[("sales@example.com",)]["text"]


@pytest.mark.parametrize(
    ("pipeline", "body", "items"),
    [
        (
            "shop",
            "orderId;customer;total\no-7;Zoë;12.5\n".encode("cp1252"),
            [{"orderId": "o-7", "customer": "Zoë", "total": Decimal("12.5")}],
        ),
        (
            "warehouse",
            b'a-1\t7\t"A"\na-2\t\\N\tB\n',
            [{"sku": "a-1", "stock": Decimal(7), "shelf": '"A"'}, {"sku": "a-2", "shelf": "B"}],
        ),
    ],
    ids=["shop", "warehouse"],
)
def test_each_import_reads_its_own_format(stack, pipeline, body, items):
    made = stack.outputs["imports"][pipeline]
    stack.cloud.client("s3").put_object(Bucket=made["bucket_name"], Key="incoming/export.csv", Body=body)

    def ended():
        found = [entry for entry in entries(imports_of(stack)) if entry["object"].startswith(made["bucket_name"])]
        return found if found and found[0]["status"] != "RUNNING" else []

    (entry,) = eventually(ended)
    assert entry["status"] == "SUCCEEDED", entry["error"]
    found = table(stack, made["table_name"]).scan()["Items"]
    key = next(iter(items[0]))
    assert sorted(found, key=lambda item: item[key]) == items


def test_the_tables_of_both_groups_are_counted(stack):
    dynamodb = stack.cloud.client("dynamodb")
    for name, count in (("EU_malmo", 2), ("US_reno", 1)):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        for number in range(count):
            dynamodb.put_item(TableName=name, Item={"id": {"S": str(number)}})
    report = run_report(chosen(target(stack), "reports"))
    assert {name: group["total"] for name, group in report["groups"].items()} == {"EU": 2, "US": 1}


def test_it_is_forty_lines_of_settings_and_no_code():
    assert len((EXAMPLE / "pipelines.yaml").read_text().splitlines()) <= 40
    assert {path.suffix for path in EXAMPLE.rglob("*") if path.is_file()} == {".yaml", ".md", ".txt", ".html"}
