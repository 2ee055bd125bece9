"""Mails by rules of a program of its own, deployed: each rule and address once, whatever fails meanwhile."""

import itertools
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import Mail, mails
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.failures.stream import redrive_stream
from tests.stacks import invoke, summaries, table, target

RULES: list[dict[str, Any]] = [
    {
        "template": "shipped",
        "events": ["INSERT", "MODIFY"],
        "changed": ["status"],
        "where": {"status": ["SHIPPED"], "gift": [None, False], "order.total": [49.9, 100]},
        "to_attribute": "customerEmail",
        "values": {"order": "orderId", "total": "order.total"},
    },
    {"template": "sold", "events": ["INSERT"], "to_addresses": ["sales@example.com", "hq@example.com"]},
    {"template": "gone", "events": ["REMOVE"], "where": {"status": ["SHIPPED"]}, "to_addresses": ["hq@example.com"]},
]
PROGRAM = f"""
import pulumi
import pulumi_aws as aws

from infra.bucket import Bucket
from infra.mailer import Mailer
from infra.notifier import marks_table, notifier
from infra.stream_pipeline import StreamPipeline
from infra.table import Table

rules = {RULES!r}
topic = aws.sns.Topic("events")
mailer = Mailer("mail", {{"sender": "no-reply@example.com", "templates": ["shipped", "sold", "gone"],
                         "templates_folder": FOLDER, "events_topic_arn": topic.arn}})
marks, failures = Table("marks", marks_table({{}})), Bucket("failures", {{}})
made = notifier(mailer.sending, mailer.templates, marks, rules, "email", "customer")
stream = StreamPipeline("orders", {{
    "partition_key": {{"name": "orderId"}}, "failures_bucket_arn": failures.arn,
    "consumers": {{"notifier": {{**made, "maximum_retry_attempts": 2}}}},
}})
pulumi.export("stream_table_name", stream.sources["made"]["name"])
pulumi.export("streams", {{}})
pulumi.export("notifier_function_name", stream.consumers["notifier"].function.name)
pulumi.export("archive_bucket_name", failures.name)
pulumi.export("region", "eu-north-1")
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Pulumi program with an orders table, its templates beside it."""
    root = tmp_path_factory.mktemp("orders")
    for template in ("shipped", "sold", "gone"):
        folder = root / "templates" / template
        folder.mkdir(parents=True)
        values = "{{order}} {{total}}" if template == "shipped" else ""
        escaped = values.replace("}}", "Html}}")
        (folder / "subject.txt").write_text(f"{template} {{{{name}}}}")
        (folder / "body.txt").write_text(f"{template} {values}")
        (folder / "body.html").write_text(f"<p>{template} {escaped}</p>")
    (root / "__main__.py").write_text(PROGRAM.replace("FOLDER", repr(str(root / "templates"))))
    (root / "Pulumi.yaml").write_text("name: orders\nruntime: python\n")
    (root / "Pulumi.local.yaml").write_text("config:\n  aws:region: eu-north-1\n")
    return root


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def faults(cloud: EmbeddedCloud) -> Iterator[FaultProxy]:
    with FaultProxy(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def stack(program: Path, cloud: EmbeddedCloud, faults: FaultProxy) -> Stack:
    return cloud.deploy("local", root=program, functions_endpoint=faults.endpoint)


def order(number: int | str, domain: str, **attributes: Any) -> dict[str, Any]:
    own = {"orderId": f"{domain}-{number}", "customerEmail": f"p{number}@{domain}", "customer": f"Person {number}"}
    return {**own, "status": "SHIPPED", "order.total": Decimal("49.90"), **attributes}


def outbox(stack: Stack, before: int) -> list[Mail]:
    return mails(stack.cloud.endpoint, stack.cloud.token, after=before)


def sent(stack: Stack) -> int:
    return len(mails(stack.cloud.endpoint, stack.cloud.token))


def test_each_rule_mails_about_the_records_that_it_means(stack: Stack):
    before = sent(stack)
    orders = table(stack, stack.outputs["stream_table_name"])
    for number, attributes in enumerate(
        (
            {"order.total": 100, "customer": "O'Neil <b>"},
            {"gift": False},
            {"gift": True},  # another gift than the rule means
            {"order.total": "100"},  # a text, no number
            {"status": "shipped"},
        )
    ):
        orders.put_item(Item=order(number, "few.example.com", **attributes))
    orders.update_item(
        Key={"orderId": "few.example.com-4"},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": "SHIPPED"},
    )
    orders.delete_item(Key={"orderId": "few.example.com-1"})
    stack.wait_idle()
    found = outbox(stack, before)
    assert Counter((mail["to"][0], mail["subject"].partition(" ")[0]) for mail in found) == {
        ("p0@few.example.com", "shipped"): 1,
        ("p1@few.example.com", "shipped"): 1,
        ("p4@few.example.com", "shipped"): 1,
        ("sales@example.com", "sold"): 5,
        ("hq@example.com", "sold"): 5,
        ("hq@example.com", "gone"): 1,
    }
    (first,) = (mail for mail in found if mail["to"] == ["p0@few.example.com"])
    assert first["subject"] == "shipped O'Neil <b>"
    assert first["text"] == "shipped few. example. com-0 100"
    assert first["html"] == "<p>shipped few. example. com-0 100</p>"


def test_what_no_rule_means_does_not_reach_the_function(stack: Stack):
    orders = table(stack, stack.outputs["stream_table_name"])
    item = order("quiet", "quiet.example.com", status="NEW")
    orders.put_item(Item=item)
    stack.wait_idle()
    before = sum(line["records"] for line in summaries(stack, "notifier_function_name"))
    orders.put_item(Item={**item, "note": "changed"})
    orders.delete_item(Key={"orderId": item["orderId"]})
    stack.wait_idle()
    assert sum(line["records"] for line in summaries(stack, "notifier_function_name")) == before


def test_a_record_of_two_rules_and_three_addresses_mails_each_once_through_faults_and_redrives(
    stack: Stack, faults: FaultProxy
):
    before, calls = sent(stack), itertools.count(1)
    faults.rules = [
        Rule("function_error", operation="Invoke", when=lambda _: next(calls) % 3 == 0, after_work=True),
        Rule("throttle", service="sesv2", operation="SendBulkEmail", rate=0.2),
    ]
    with table(stack, stack.outputs["stream_table_name"]).batch_writer() as writer:
        for number in range(300):
            writer.put_item(Item=order(number, "flood.example.com"))
    stack.wait_idle(100)
    assert all(rule.fired for rule in faults.rules)
    faults.rules = []
    again = [record(order(number, "flood.example.com")) for number in range(3)]
    assert all(redriven.is_complete for redriven in redrive_stream(target(stack)))
    for redriven in (False, True):
        event = {"Records": again, "redriven": redriven}
        assert invoke(stack, "notifier_function_name", event) == ("ok", {"batchItemFailures": []})
        assert invoke(stack, "notifier_function_name", event) == ("ok", {"batchItemFailures": []})
    got = Counter(mail["to"][0] for mail in outbox(stack, before))
    assert got == {
        **{f"p{number}@flood.example.com": 2 if number < 3 else 1 for number in range(300)},  # of another record
        **dict.fromkeys(["sales@example.com", "hq@example.com"], 303),
    }


def record(item: dict[str, Any]) -> dict[str, Any]:
    """A stream record of an order, of which the stream itself has none."""
    image = {name: {"N": str(value)} if isinstance(value, Decimal) else {"S": value} for name, value in item.items()}
    change = {"Keys": {"orderId": image["orderId"]}, "SequenceNumber": "1", "NewImage": image}
    return {"eventID": f"own-{item['orderId']}", "eventName": "INSERT", "dynamodb": change}
