"""Drives the functions of a deployed stack one invocation at a time: what one may do is seen at once."""

import json
import time
from typing import Any

from sluice.cloud.embedded import Stack
from sluice.cloud.program.execution import configuration
from sluice.target import Target


def configured(**sections: dict[str, Any]) -> dict[str, str]:
    """The configuration of the stack `local` with some settings replaced: `configured(imports={"chunkMiB": 1})`."""
    config = configuration("local")
    for section, settings in sections.items():
        key = f"sluice:{section}"
        config[key] = json.dumps({**json.loads(config.get(key, "{}")), **settings})
    return config


def target(stack: Stack) -> Target:
    return Target(stack.outputs, stack.cloud.endpoint)


def role_of(stack: Stack, function: str) -> str:
    """The ARN of the role of a function, given by the stack output of its name."""
    return stack.cloud.client("lambda").get_function_configuration(FunctionName=stack.outputs[function])["Role"]


def invoke(stack: Stack, function: str, event: Any) -> tuple[str, Any]:
    """How an invocation ended, `ok` or `error`, and what it answered."""
    answer = stack.cloud.invoking().invoke(FunctionName=stack.outputs[function], Payload=json.dumps(event).encode())
    return "error" if "FunctionError" in answer else "ok", json.loads(answer["Payload"].read())


def record(number: int | str, event: str = "INSERT") -> dict[str, Any]:
    """A stream record of a user, as Lambda hands it over."""
    user = {"userId": {"S": f"u-{number}"}, "email": {"S": f"u{number}@example.com"}, "name": {"S": "Ada"}}
    sides = {"INSERT": {"NewImage": user}, "REMOVE": {"OldImage": user}}
    return {
        "eventID": f"event-{number}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-north-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-north-1:000000000000:table/Users/stream/2026-11-21T00:00:00.000",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000,
            "Keys": {"userId": user["userId"]},
            "SequenceNumber": f"{10**20 + abs(hash(number)) % 10**9}",
            "SizeBytes": 100,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **sides[event],
        },
    }


def stop_mapping(stack: Stack) -> None:
    """Stops the import queue's mapping: its messages wait for `take`."""
    (mapping,) = (
        one
        for one in stack.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
        if ":sqs:" in one.inputs["eventSourceArn"]
    )
    stack.cloud.client("lambda").update_event_source_mapping(UUID=mapping.id, Enabled=False)


def receive(stack: Stack, url: str, about: str = "", seconds: int = 0) -> list[dict[str, Any]]:
    """Takes messages out of a queue for good, and gives those with a text in them; waits so long for the first."""
    sqs = stack.cloud.client("sqs")
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message for message in found if about in message["Body"]]


def import_once(stack: Stack, messages: list[dict[str, Any]], about: str) -> list[str]:
    """Gives messages to the importer, and then what it sends itself about this; how each invocation ended."""
    ended, queue = [], stack.outputs["import_queue_url"]
    while messages:
        for message in messages:
            delivered = {
                "messageId": message["MessageId"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            how, answer = invoke(stack, "import_function_name", {"Records": [delivered]})
            ended.append("failed" if how == "error" or answer["batchItemFailures"] else "ok")
        messages = receive(stack, queue, about)
    return ended


def eventually(look: Any, seconds: float = 60) -> Any:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"nothing came within {seconds} s"
        time.sleep(0.1)
    return found
