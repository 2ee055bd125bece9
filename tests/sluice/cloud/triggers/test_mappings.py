"""Mappings through the Lambda API: what it shows is what runs, and what it is told is heeded."""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.triggers.streams import events

pytestmark = pytest.mark.e2e

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
STREAM_ACTIONS = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
CODE = """
def handle(event, context):
    keys = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("handled", *keys)
    if "poison" in keys:
        raise ValueError("poisoned")
"""


def eventually(holds: Callable[[], Any]) -> bool:
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(holds())


class Account:
    """A cloud without a stack, in which somebody makes a table, a function and a mapping by hand."""

    def __init__(self, embedded: EmbeddedCloud, told: list[Any]) -> None:
        self.cloud, self._told = Cloud(embedded.endpoint, "eu-west-1", token=embedded.server.token), told
        self.lambda_, self._made = self.cloud.client("lambda"), 0
        policy = {"Effect": "Allow", "Action": [f"dynamodb:{name}" for name in STREAM_ACTIONS], "Resource": "*"}
        iam = self.cloud.client("iam")
        self.role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=document(policy))

    def mapping(self, **settings: Any) -> "Mapping":
        self._made += 1
        name, key = f"thing{self._made}", {"AttributeName": "id", "KeyType": "HASH"}
        stream = self.cloud.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[key],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]
        self.function(name)
        made = self.lambda_.create_event_source_mapping(
            EventSourceArn=stream, FunctionName=name, StartingPosition="TRIM_HORIZON", **settings
        )
        return Mapping(self, name, made, self._told)

    def function(self, name: str, code: str = CODE) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("app.py", code)
        self.lambda_.create_function(
            FunctionName=name,
            Runtime="python3.14",
            Role=self.role,
            Handler="app.handle",
            Code={"ZipFile": archive.getvalue()},
        )


class Mapping:
    def __init__(self, account: Account, name: str, made: dict[str, Any], told: list[Any]) -> None:
        self._account, self.name, self.made, self._told = account, name, made, told

    @property
    def id(self) -> str:
        return self.made["UUID"]

    @property
    def shown(self) -> dict[str, Any]:
        return self._account.lambda_.get_event_source_mapping(UUID=self.id)

    @property
    def batches(self) -> list[events.Invoked]:
        told = [event for event in self._told if isinstance(event, events.Invoked)]
        return [event for event in told if event.mapping == self.id]

    @property
    def handled(self) -> int:
        return sum(event.records - event.failed for event in self.batches)

    def update(self, **settings: Any) -> dict[str, Any]:
        return self._account.lambda_.update_event_source_mapping(UUID=self.id, **settings)

    def settles(self, state: str) -> bool:
        return eventually(lambda: self.shown["State"] == state)

    def put(self, *keys: str) -> None:
        for key in keys:
            self._account.cloud.client("dynamodb").put_item(TableName=self.name, Item={"id": {"S": key}})


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    told: list[Any] = []
    with EmbeddedCloud(on_event=told.append) as embedded:
        yield Account(embedded, told)


def test_the_mappings_of_a_stack_are_enabled_and_tell_their_last_result() -> None:
    with EmbeddedCloud() as embedded:
        stack = embedded.deploy("local")
        lambda_ = stack.cloud.client("lambda")

        def shown() -> set[tuple[str, str]]:
            listed = lambda_.list_event_source_mappings()["EventSourceMappings"]
            return {(one["State"], one["LastProcessingResult"]) for one in listed if "StartingPosition" in one}

        assert shown() == {("Enabled", "No records processed")}
        stack.cloud.client("dynamodb").put_item(
            TableName=stack.output("streams.users.tables.0.name"), Item={"userId": {"S": "u-1"}}
        )
        assert eventually(lambda: shown() == {("Enabled", "OK")})


def test_a_mapping_is_in_creation_until_it_runs(account: Account) -> None:
    mapping = account.mapping()
    assert mapping.made["State"] == "Creating"
    assert mapping.settles("Enabled")
    mapping.put("a")
    assert eventually(lambda: mapping.handled == 1)


def test_a_record_is_handled_once_by_us_and_not_by_the_emulator_too(account: Account) -> None:
    mapping, other = account.mapping(), account.mapping()
    mapping.put("a", "b")
    assert eventually(lambda: mapping.handled == 2)
    other.put("a")
    assert eventually(lambda: other.handled == 1)
    logged = account.cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{mapping.name}")["events"]
    words = " ".join(event["message"] for event in logged).split()
    assert (words.count("a"), words.count("b")) == (1, 1)


def test_a_mapping_that_is_made_disabled_waits_until_it_is_enabled(account: Account) -> None:
    mapping = account.mapping(Enabled=False)
    assert mapping.settles("Disabled")
    mapping.put("a", "b")
    assert mapping.update(Enabled=True)["State"] == "Enabling"
    assert eventually(lambda: mapping.handled == 2)
    assert mapping.settles("Enabled")


def test_nothing_runs_once_a_mapping_is_disabled_and_nothing_is_lost(account: Account) -> None:
    mapping = account.mapping()
    mapping.put("first")
    assert eventually(lambda: mapping.handled == 1)
    assert mapping.update(Enabled=False, BatchSize=1)["State"] == "Disabling"
    assert mapping.settles("Disabled")
    mapping.put(*map(str, range(10)))
    other = account.mapping()
    other.put("a")
    assert eventually(lambda: other.handled == 1)  # by now the first would have read its records, too
    assert mapping.handled == 1
    mapping.update(Enabled=True)
    assert eventually(lambda: mapping.handled == 11)
    assert [event.records for event in mapping.batches] == [1] * 11


def test_another_batch_size_and_filter_are_heeded_while_it_runs(account: Account) -> None:
    mapping = account.mapping(BatchSize=100)
    assert mapping.settles("Enabled")
    pattern = json.dumps({"dynamodb": {"Keys": {"id": {"S": [{"prefix": "wanted"}]}}}})
    made = mapping.update(BatchSize=2, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    assert (made["State"], made["BatchSize"]) == ("Updating", 2)
    assert mapping.settles("Enabled")
    mapping.put("unwanted", *(f"wanted{number}" for number in range(6)))
    assert eventually(lambda: mapping.handled == 6)
    assert max(event.records for event in mapping.batches) <= 2


def test_another_function_is_invoked(account: Account) -> None:
    mapping = account.mapping()
    account.function("another")
    assert mapping.update(FunctionName="another")["FunctionArn"].endswith(":another")
    assert mapping.settles("Enabled")
    mapping.put("a")
    assert eventually(lambda: mapping.batches)
    assert [event.function for event in mapping.batches] == ["another"]


def test_a_failing_function_shows_and_its_recovery_too(account: Account) -> None:
    mapping = account.mapping(BatchSize=1, MaximumRetryAttempts=0)
    mapping.put("poison")
    assert eventually(lambda: mapping.shown["LastProcessingResult"] == "PROBLEM: Function call failed")
    mapping.put("fine")
    assert eventually(lambda: mapping.shown["LastProcessingResult"] == "OK")


def test_a_mapping_that_is_deleted_ends(account: Account) -> None:
    mapping = account.mapping()
    assert mapping.settles("Enabled")
    account.lambda_.delete_event_source_mapping(UUID=mapping.id)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        _ = mapping.shown
    other = account.mapping()
    assert other.settles("Enabled")  # the deletion was heard of by the same look at the latest
    mapping.put("a")
    other.put("a")
    assert eventually(lambda: other.handled == 1)
    assert mapping.batches == []


def test_what_is_not_run_here_is_told_where_one_looks(account: Account) -> None:
    mapping = account.mapping(TumblingWindowInSeconds=30)
    assert eventually(lambda: "TumblingWindowInSeconds" in mapping.shown["LastProcessingResult"])
    assert mapping.shown["LastProcessingResult"].startswith("PROBLEM: ")


def test_a_mapping_of_a_queue_has_the_words_of_aws(account: Account) -> None:
    sqs, name = account.cloud.client("sqs"), "messages"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    account.function(name, "def handle(event, context):\n    assert event['Records'][0]['body'] == 'fine'\n")
    account.cloud.client("iam").put_role_policy(
        RoleName="reader",
        PolicyName="queue",
        PolicyDocument=document({"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"}),
    )
    made = account.lambda_.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=name, BatchSize=1, MetricsConfig={"Metrics": ["EventCount"]}
    )

    def result() -> str:
        return account.lambda_.get_event_source_mapping(UUID=made["UUID"])["LastProcessingResult"]

    assert (made["State"], made["MetricsConfig"]) == ("Enabled", {"Metrics": ["EventCount"]})
    sqs.send_message(QueueUrl=url, MessageBody="fine")
    assert eventually(lambda: result() == "OK")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert eventually(lambda: result() == "PROBLEM: Function call failed")


def test_settings_that_the_emulator_drops_are_kept(account: Account) -> None:
    mapping = account.mapping(MetricsConfig={"Metrics": ["EventCount"]})
    assert mapping.shown["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert mapping.update(MetricsConfig={"Metrics": []})["MetricsConfig"] == {"Metrics": []}


def test_nothing_but_what_aws_shows_is_shown(account: Account) -> None:
    known = (
        boto3.Session().client("lambda", "eu-west-1").meta.service_model.shape_for("EventSourceMappingConfiguration")
    )
    mapping = account.mapping()
    request = urllib.request.Request(f"{account.cloud.endpoint}/2015-03-31/event-source-mappings/{mapping.id}")
    request.add_header(
        "Authorization", "AWS4-HMAC-SHA256 Credential=test/20261127/eu-west-1/lambda/aws4_request, Signature=00"
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer).keys() <= known.members.keys()


def test_one_odd_mapping_ends_the_watch_of_no_other(account):
    odd = account.mapping(FilterCriteria={"Filters": [{}]})
    assert eventually(lambda: odd.shown["LastProcessingResult"].startswith("PROBLEM: "))
    sound = account.mapping()
    sound.put("a")
    assert eventually(lambda: sound.handled == 1)
