"""Stream records to mails. Each function returns the number of records that it has handled."""
# pyright: reportMissingImports=false
# The peers are installed only in .venv-bench.

import json
from typing import Any

from events import Context, batches, handled

INPUT = "people.jsonl"
_TEMPLATES = {"INSERT": "welcome", "MODIFY": "profile-changed"}


def sluice() -> int:
    """Sluice's notifier: marks read before, mails in bulk, marks written after."""
    from handlers.notifier.handler import handle

    return handled(handle, INPUT)


def boto3_loop() -> int:
    """A typical handler: `TypeDeserializer`, then one `send_email` per record; no marks."""
    import boto3
    from boto3.dynamodb.types import TypeDeserializer

    ses, deserialize = boto3.client("sesv2"), TypeDeserializer().deserialize
    records = 0
    for event in batches(INPUT):
        for record in event["Records"]:
            change = record["dynamodb"]
            new = {name: deserialize(value) for name, value in change["NewImage"].items()}
            old = {name: deserialize(value) for name, value in change.get("OldImage", {}).items()}
            if any(new.get(name) != old.get(name) for name in ("email", "name")):
                ses.send_email(**_mail(record["eventName"], new))
            records += 1
    return records


def powertools() -> int:
    """Powertools for AWS Lambda: its batch processor and data classes, then one `send_email` per record; no marks."""
    import boto3
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

    ses, processor = boto3.client("sesv2"), BatchProcessor(event_type=EventType.DynamoDBStreams)

    def handle(record: DynamoDBRecord) -> None:
        change: Any = record.dynamodb
        new, old = change.new_image, change.old_image or {}
        if any(new.get(name) != old.get(name) for name in ("email", "name")):
            ses.send_email(**_mail(record.raw_event["eventName"], new))

    records = 0
    for event in batches(INPUT):
        context: Any = Context()
        process_partial_response(event=event, record_handler=handle, processor=processor, context=context)
        records += len(event["Records"])
    return records


def boto3_bulk() -> int:
    """As many mails per call as SES accepts, 50, and the same marks as Sluice, through boto3's clients."""
    import boto3
    from boto3.dynamodb.types import TypeDeserializer

    ses, marks, deserialize = boto3.client("sesv2"), boto3.client("dynamodb"), TypeDeserializer().deserialize
    records = 0
    for batch in batches(INPUT):
        event = batch["Records"]
        keys = [{"event_id": {"S": record["eventID"]}} for record in event]
        marks.batch_get_item(RequestItems={"marks": {"Keys": keys, "ConsistentRead": True}})
        for kind, template in _TEMPLATES.items():
            entries = []
            for record in event:
                if record["eventName"] == kind:
                    image = record["dynamodb"]["NewImage"]
                    new = {name: deserialize(value) for name, value in image.items()}
                    data = {"ReplacementTemplateData": json.dumps(_values(kind, new))}
                    content = {"ReplacementTemplate": data}
                    entries.append({"Destination": {"ToAddresses": [new["email"]]}, "ReplacementEmailContent": content})
            for start in range(0, len(entries), 50):
                ses.send_bulk_email(
                    FromEmailAddress="no-reply@example.com",
                    ConfigurationSetName="mail",
                    DefaultContent={"Template": {"TemplateName": template, "TemplateData": "{}"}},
                    BulkEmailEntries=entries[start : start + 50],
                )
        for start in range(0, len(keys), 25):
            puts = [{"PutRequest": {"Item": {**key, "expires_at": {"N": "1"}}}} for key in keys[start : start + 25]]
            marks.batch_write_item(RequestItems={"marks": puts})
        records += len(event)
    return records


def _mail(event: str, new: dict[str, Any]) -> dict[str, Any]:
    template = {"TemplateName": _TEMPLATES[event], "TemplateData": json.dumps(_values(event, new))}
    return {
        "FromEmailAddress": "no-reply@example.com",
        "ConfigurationSetName": "mail",
        "Destination": {"ToAddresses": [new["email"]]},
        "Content": {"Template": template},
    }


def _values(event: str, new: dict[str, Any]) -> dict[str, str]:
    import html

    values = {"name": new["name"], "nameHtml": html.escape(new["name"])}
    return values if event == "INSERT" else {**values, "changes": "name", "changesHtml": "name"}
