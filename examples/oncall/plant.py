"""Plants five failures into the stack `local` and its program, for the rehearsal of `docs/operating.md`.

    python examples/oncall/plant.py outputs.json

It needs the stack's outputs, the `AWS_*` variables that `python -m sluice env` sets, and a running `up --watch`, which
deploys the changes to the program. Never use it on AWS: it breaks things.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1]
EDITS = (
    ("handlers/archiver/handler.py", "batch.objects.items()", "batch.objects.item()"),
    ("handlers/importer/queue/messages.py", 'message["Records"]', 'message["records"]'),
    ("infra/notifier.py", "            may_send_bulk(sending, [templates[template].arn for template in used]),\n", ""),
)
"""Files of the program, their text, and the mistake that replaces it."""
USERS = ({"userId": "u-1", "name": "Ann"}, {"userId": "u-2", "name": "Bo"})
FILES = {f"shelf-{number}.csv": f"id,price\ns-{number}a,1.50\ns-{number}b,2.50\n" for number in (1, 2, 3)}
_PATIENCE_SECONDS = 60


def main(outputs_file: str) -> None:
    """Plants the failures one after the other, so that they do not hide each other."""
    outputs = json.loads(Path(outputs_file).read_text())
    if not boto3.client("s3").meta.endpoint_url.startswith("http://127.0.0.1:"):
        sys.exit('Error: this is AWS; run `eval "$(python -m sluice env)"` first')
    _stop_schedule(outputs["reports"]["tables"]["schedule_name"])
    _put_rejects(outputs["imports"]["items"])
    _break_program(outputs)
    _use(outputs)
    print("Five failures are planted. Find them.")


def _stop_schedule(name: str) -> None:
    scheduler = boto3.client("scheduler")
    schedule: Any = scheduler.get_schedule(Name=name)
    kept = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "Target", "FlexibleTimeWindow", "Description")
    scheduler.update_schedule(**{name: schedule[name] for name in kept if name in schedule}, State="DISABLED")


def _put_rejects(items: dict[str, str]) -> None:
    """Imports a file with mistakes, while the importer still works."""
    orders = (HERE.parent / "orders.csv").read_bytes()
    boto3.client("s3").put_object(Bucket=items["bucket_name"], Key=f"{items['prefix']}orders.csv", Body=orders)
    ledger = boto3.client("dynamodb")

    def is_imported() -> bool:
        entries = ledger.scan(TableName=items["ledger_table_name"])["Items"]
        return any(entry.get("status") == {"S": "PARTIAL"} for entry in entries)

    _wait(is_imported, "orders.csv is imported")


def _break_program(outputs: dict[str, Any]) -> None:
    """Saves mistakes in the program, and returns when they are live."""
    users, items = outputs["streams"]["users"], outputs["imports"]["items"]
    functions = (users["archiver_function_name"], users["notifier_function_name"], items["function_name"])
    before = [_deployed(name) for name in functions]
    for name, right, wrong in EDITS:
        file = PROGRAM / name
        text = file.read_text()
        if text.count(right) != 1:
            sys.exit(f"Error: {name} is not as this rehearsal knows it: {right.strip()!r} does not stand there once")
        file.write_text(text.replace(right, wrong))

    def is_live() -> bool:
        return all(_deployed(name) != old for name, old in zip(functions, before, strict=True))

    _wait(is_live, "what was saved is live: does it run with `up --watch`?")


def _deployed(function: str) -> tuple[str, Any]:
    """Returns the hash of a function's code, and its role's policies."""
    configuration: Any = boto3.client("lambda").get_function_configuration(FunctionName=function)
    iam, role = boto3.client("iam"), configuration["Role"].rpartition("/")[2]
    policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return configuration["CodeSha256"], [iam.get_role_policy(RoleName=role, PolicyName=name) for name in policies]


def _use(outputs: dict[str, Any]) -> None:
    """Makes the traffic of a normal day: new users and files."""
    table = boto3.resource("dynamodb").Table(outputs["streams"]["users"]["tables"][0]["name"])
    for user in USERS:
        table.put_item(Item={**user, "email": f"{user['name'].lower()}@example.com"})
    items = outputs["imports"]["items"]
    for name, rows in FILES.items():
        boto3.client("s3").put_object(Bucket=items["bucket_name"], Key=items["prefix"] + name, Body=rows.encode())


def _wait(until: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not until():
        if time.monotonic() > end:
            sys.exit(f"Error: after {_PATIENCE_SECONDS} s it is still waited until {what}")
        time.sleep(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
