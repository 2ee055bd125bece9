"""Writes into the running embedded cloud for `put`: samples for each pipeline, poison, or given items."""

import json
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sluice.cloud.emulator.own_paths import ask
from sluice.cloud.emulator.poison import MARK, POISON
from sluice.commands.import_ import upload_all
from sluice.ledger import Entry
from sluice.pipelines import Pipeline
from sluice.sample_files import orders, people, poison, writing_of
from sluice.samples import UNMAILABLE, Item, counted_item, fitted, keys_of, sample
from sluice.target import Target
from sluice.trail import Line, lines_of
from sluice.uploads import Upload

_SHOWN = ("u-001", "u-002", "u-003", "u-004", "u-005", "u-006", "u-008", "u-134", "u-227")
"""The users of `put --samples`: few enough to look at each, some of them unmailable."""
_COUNTS = {"headsets": 25, "lenses": 3, "prototypes": 0}
"""End of a sample table's name -> how many items it has."""
_PATIENCE_SECONDS = 20


class Wrong(NamedTuple):
    """An item that was not written."""

    number: int
    """Its number among the given items, from 1."""
    reason: str


def parsed(text: str) -> list[Any]:
    """Returns the items in a JSON object, an array of objects, or lines with one each; numbers to the digit.

    Raises:
        ValueError: The text is none of these; the message names the line.
    """
    try:
        held = json.loads(text, parse_float=Decimal)
    except ValueError:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].rstrip().endswith("}"):
            raise
        return [_parsed_line(number, line) for number, line in lines]
    return held if isinstance(held, list) else [held]


def _parsed_line(number: int, line: str) -> Any:
    try:
        return json.loads(line, parse_float=Decimal)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None


def put_items(stream: Pipeline, items: Iterable[Any]) -> tuple[int, list[Wrong]]:
    """Writes items into a stream's first table; an item that the table refuses does not stop the others.

    Returns:
        How many were written, and those that were not.
    """
    table, written, wrong = stream["tables"][0]["name"], 0, list[Wrong]()
    for number, item in enumerate(items, 1):
        try:
            _put(stream, table, item)
            written += 1
        except (ClientError, TypeError, ArithmeticError, AttributeError) as error:
            wrong.append(Wrong(number, _reason(item, error)))
    return written, wrong


def _reason(item: Any, error: Exception) -> str:
    if not isinstance(item, dict):
        return f"expected an object, found {json.dumps(item, default=str):.60}"
    return error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)


def put_users(stream: Pipeline) -> tuple[int, list[str]]:
    """Writes some sample users into each table of a stream, renames the first, and removes the second.

    Returns:
        How many users a table got, and the unmailable ones, with the reason.
    """
    users = {user["userId"]: user for user in sample("users.jsonl")}
    for table in stream["tables"]:
        name, keys = table["name"], _keys(stream, table["name"])
        items = [fitted(users[user_id], keys, number) for number, user_id in enumerate(_SHOWN, 1)]
        for item in items:
            _put(stream, name, item)
        _put(stream, name, {**items[0], **({} if "name" in keys else {"name": f"{items[0]['name']} Jr."})})
        stream.client("dynamodb").delete_item(TableName=name, Key=_serialized({key: items[1][key] for key in keys}))
    skipped = [f"{user_id} ({UNMAILABLE[user_id]})" for user_id in _SHOWN if user_id in UNMAILABLE]
    return len(_SHOWN), skipped


def trail_of(stream: Pipeline, before: Sequence[Line]) -> list[Line]:
    """Returns the new lines in the archive for a stream's tables, once it has the last of the samples.

    The last one is the removal, which the archivers of some stacks skip, so the wait takes only seconds.
    """
    known, end = {line["event_id"] for line in before}, time.monotonic() + _PATIENCE_SECONDS
    while True:
        fresh = [line for line in trail(stream) if line["event_id"] not in known]
        if any(line["event"] == "REMOVE" for line in fresh) or time.monotonic() > end:
            return fresh
        time.sleep(0.2)


def trail(stream: Pipeline) -> list[Line]:
    """Returns the archive's lines for a stream's tables."""
    return [line for table in stream["tables"] for line in lines_of(stream.target, table["name"])]


def put_files(pipeline: Pipeline, token: str) -> tuple[list[Entry], list[Entry]]:
    """Imports a file of users, and one of orders with rejected rows; see `writing_of` and `upload_all`."""
    keys, writing = _keys(pipeline, pipeline["table_name"]), writing_of(pipeline, token)
    users = [user for user in sample("users.jsonl") if user["userId"] in _SHOWN]
    return _upload(pipeline, dict([people(keys, users, writing), orders(keys, writing)]))


def put_poison(pipeline: Pipeline, token: str) -> tuple[list[Entry], list[Entry]]:
    """Puts a file that cannot be imported; see `writing_of` and `upload_all`."""
    return _upload(pipeline, dict([poison(writing_of(pipeline, token))]))


def put_poisoned_user(stream: Pipeline, token: str) -> str:
    """Writes a user for whom the functions of a stream fail until `end_poison`, a new one each time.

    Args:
        stream: A stream in the embedded cloud.
        token: The token for the emulator's own paths.

    Returns:
        The user's id.
    """
    ask(stream.target.endpoint or "", POISON, token, b"true")
    table, user_id = stream["tables"][0]["name"], f"u-{secrets.token_hex(4)}"
    user = {"userId": user_id, "name": "Poppy", "email": "poppy@example.com", "note": MARK}
    _put(stream, table, fitted(user, _keys(stream, table), int(user_id.removeprefix("u-"), 16)))
    return user_id


def end_poison(target: Target, token: str) -> None:
    """Ends the deliberate failures of functions; poisoned records stay among the failures until they are redriven."""
    ask(target.endpoint or "", POISON, token, b"false")


def put_tables(report: Pipeline) -> Iterator[tuple[str, int]]:
    """Creates and fills tables for each group of a report, and yields the name and the count of each."""
    dynamodb, names = report.client("dynamodb"), [user["name"] for user in sample("users.jsonl")]
    variables = report.client("lambda").get_function_configuration(FunctionName=report["function_name"])
    attributes = variables["Environment"]["Variables"]
    name, day = attributes["REPORT_NAME_ATTRIBUTE"], attributes["REPORT_DATE_ATTRIBUTE"]
    for prefix in sorted(report["prefixes"].values()):
        for ending, count in _COUNTS.items():
            table = f"{prefix}{ending}"
            make_table(dynamodb, table)
            keys = _keys(report, table)
            for number in range(count):
                _put(report, table, fitted(counted_item(number, names, name, day), keys, number))
            yield table, count


def make_table(dynamodb: Any, name: str) -> None:
    """Creates a table with the key `id`; an existing one stays as it is."""
    with suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )


def _upload(pipeline: Pipeline, files: Mapping[str, bytes]) -> tuple[list[Entry], list[Entry]]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return upload_all(pipeline, [Upload(Path(folder, name), name) for name in files])


def _keys(pipeline: Pipeline, table: str) -> dict[str, str]:
    return keys_of(pipeline.client("dynamodb").describe_table(TableName=table)["Table"])


def _put(pipeline: Pipeline, table: str, item: Item) -> None:
    pipeline.client("dynamodb").put_item(TableName=table, Item=_serialized(item))


def _serialized(item: Item) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeSerializer

    return {name: TypeSerializer().serialize(value) for name, value in item.items()}
