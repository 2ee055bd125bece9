"""Handlers that import boto3 and make the same clients as Sluice's; each handles one small event and returns 1."""
# pyright: reportMissingImports=false
# The peers are installed only in .venv-bench.

import contextlib
import io
import json
from typing import Any

from events import BUCKET, Context


def sluice_reporter() -> int:
    """Sluice's reporter: one small table."""
    from handlers.reporter.handler import handle

    with contextlib.redirect_stdout(io.StringIO()):
        handle({"scheduled_time": "2026-11-21T09:00:00Z"}, Context())
    return 1


def sluice_importer() -> int:
    """Sluice's importer: a CSV file of ten rows."""
    import imports

    imports.sluice()
    return 1


def boto3_importer() -> int:
    """Reads the file, writes the rows, and records the import in a ledger."""
    import csv

    import boto3

    s3, dynamodb, _sqs = boto3.client("s3"), boto3.client("dynamodb"), boto3.client("sqs")
    body = s3.get_object(Bucket=BUCKET, Key="incoming/small.csv")["Body"].read().decode()
    rows = csv.DictReader(io.StringIO(body))
    puts = [{"PutRequest": {"Item": {name: {"S": cell} for name, cell in row.items()}}} for row in rows]
    dynamodb.put_item(TableName="ledger", Item={"object": {"S": "o"}, "version": {"S": "v"}})
    dynamodb.batch_write_item(RequestItems={"imported": puts})
    dynamodb.put_item(TableName="ledger", Item={"object": {"S": "o"}, "version": {"S": "v"}})
    return 1


def boto3_reporter() -> int:
    """Counts the tables, stores the totals and the report, and mails the report."""
    import boto3

    dynamodb, ses, s3 = boto3.client("dynamodb"), boto3.client("sesv2"), boto3.client("s3")
    counts: dict[str, int] = {}
    for table in dynamodb.list_tables()["TableNames"]:
        dynamodb.describe_table(TableName=table)
        counts[table] = len(dynamodb.scan(TableName=table)["Items"])
    key = {"group": {"S": "RA"}, "generated_at": {"S": "2026-11-21T09:00:00Z"}}
    dynamodb.put_item(TableName="RA_totales", Item={**key, "total": {"N": str(sum(counts.values()))}})
    body: Any = json.dumps(counts).encode()
    for name in ("report.json", "latest.json", "report.html", "latest.html"):
        s3.put_object(Bucket=BUCKET, Key=f"reports/{name}", Body=body)
    ses.send_email(
        FromEmailAddress="no-reply@example.com",
        Destination={"ToAddresses": ["team@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Report"}, "Body": {"Text": {"Data": str(counts)}}}},
    )
    return 1
