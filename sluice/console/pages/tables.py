"""The tables of the pipelines, and their items, a page at a time."""

import base64
import json
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.aws_errors import code
from sluice.console.attributes import plain, shown
from sluice.console.console import Console
from sluice.console.web.rendering import console_of, render, shortened
from sluice.pipelines import pipelines
from sluice.samples import keys_of
from sluice.target import Target

_SHOWN = 50
_LETTERS = 300
"""How many characters of a value the list shows."""
_COLUMNS = 8
"""How many attributes have a column."""
_GONE = "ResourceNotFoundException"


class Named(NamedTuple):
    """A table of a pipeline."""

    name: str
    use: str
    """What the pipeline does with it."""


def show(request: Request) -> Response:
    """Shows the tables of all pipelines."""
    console = console_of(request)
    counted = console.known({"tables": _tables})["tables"]
    found, problem = counted if counted else (_own(console.target), "")
    return render(request, "tables.html", found=found, problem=problem, is_complete=counted is not None)


def _own(target: Target) -> list[Named]:
    """The tables named in the stack's outputs."""
    streams = [
        Named(table["name"], f"{pipeline}: its stream is read")
        for pipeline in pipelines(target, "streams")
        for table in pipeline["tables"] or ()
    ]
    imports = [
        Named(each["table_name"], f"{each}: files are imported into it") for each in pipelines(target, "imports")
    ]
    totals = [
        Named(table, f"{each}: the totals of {group}")
        for each in pipelines(target, "reports")
        for group, table in (each["totals_tables"] or {}).items()
    ]
    return [*streams, *imports, *totals]


def _tables(target: Target) -> tuple[list[Named], str]:
    """All tables, with those that reports count, and why those are not known."""
    own = _own(target)
    prefixes = [(each, prefix) for each in pipelines(target, "reports") for prefix in (each["prefixes"] or {}).values()]
    if not prefixes:
        return own, ""
    try:
        pages = target.client("dynamodb").get_paginator("list_tables").paginate()
        names = [name for page in pages for name in page["TableNames"]]
    except ClientError as error:
        return own, f"The tables that reports count cannot be listed: {error}"
    known = {each.name for each in own}
    counted = [
        Named(name, f"{each}: its items are counted")
        for name in sorted(names)
        for each, prefix in prefixes
        if name.startswith(prefix) and not name.startswith(f"{prefix}totales") and name not in known
    ]
    return own + counted, ""


class Shown(NamedTuple):
    """Some items of a table."""

    columns: list[str]
    """The attributes that have a column, keys first."""
    rows: list[tuple[list[str], str]]
    """For each item the values of the columns, and the whole item."""


def show_one(request: Request) -> Response:
    """Shows items of a table.

    Raises:
        HTTPException: No pipeline has the table, it does not exist, or the key is not of its type.
    """
    console, query = console_of(request), request.query_params
    name, wanted = query.get("name", ""), query.get("key", "")
    table = next((each for each in _named(console) if each.name == name), None)
    if table is None:
        raise HTTPException(404, f"No pipeline has a table {name}.")
    try:
        keys = console.known({f"keys {name}": partial(_keys, name=name)}, age=60)[f"keys {name}"]
        keys = keys or _keys(console.target, name)
        answer = _asked(console.target, name, keys, wanted, _start(query.get("after", "")))
    except ClientError as error:
        if code(error) != _GONE:
            raise
        raise HTTPException(404, f"The table {name} is not there.") from None
    last = answer.get("LastEvaluatedKey")
    following = {"name": name, **({"key": wanted} if wanted else {}), "after": _token(last)} if last else None
    return render(
        request,
        "table.html",
        table=table,
        keys=keys,
        wanted=wanted,
        shown=_shown(answer["Items"], keys),
        next=urlencode(following) if following else "",
        is_first=not query.get("after"),
    )


def _named(console: Console) -> list[Named]:
    found, _ = console.known({"tables": _tables})["tables"] or _tables(console.target)
    return found


def _keys(target: Target, name: str) -> dict[str, str]:
    return keys_of(target.client("dynamodb").describe_table(TableName=name)["Table"])


def _asked(target: Target, name: str, keys: dict[str, str], wanted: str, after: Any) -> dict[str, Any]:
    """DynamoDB's answer: items of a partition, or of the table."""
    dynamodb = target.client("dynamodb")
    start = {"ExclusiveStartKey": after} if after else {}
    if not wanted:
        return dynamodb.scan(TableName=name, Limit=_SHOWN, **start)
    partition = next(iter(keys))
    return dynamodb.query(
        TableName=name,
        Limit=_SHOWN,
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": partition},
        ExpressionAttributeValues={":key": _typed(wanted, partition, keys[partition])},
        **start,
    )


def _typed(text: str, name: str, kind: str) -> dict[str, Any]:
    """A key in DynamoDB's form, from a person's input."""
    try:
        if kind == "N":
            Decimal(text)
        return {kind: base64.b64decode(text, validate=True) if kind == "B" else text}
    except (InvalidOperation, ValueError):
        what = "a number" if kind == "N" else "Base64"
        raise HTTPException(400, f"The key {name} is {what}, and {text:.100} is not.") from None


def _token(key: dict[str, Any]) -> str:
    """The token of the place after an item, for an address."""
    text = json.dumps(key, default=lambda value: {"Base64": base64.b64encode(value).decode()})
    return base64.urlsafe_b64encode(text.encode(errors="surrogatepass")).decode()


def _start(token: str) -> Any:
    """The place that a token names; None if there is no token.

    Raises:
        HTTPException: The console did not make this token.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(token), object_hook=_bytes) if token else None
    except ValueError:
        key = False
    if token and not (isinstance(key, dict) and all(isinstance(value, dict) for value in key.values())):
        raise HTTPException(400, "There is no such page of this table: begin at the first.")
    return key


def _bytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["Base64"]) if value.keys() == {"Base64"} else value


def _shown(items: list[dict[str, Any]], keys: dict[str, str]) -> Shown:
    names = list(dict.fromkeys([*keys, *(name for item in items for name in sorted(item))]))
    columns = names[:_COLUMNS]
    rows = [
        (
            [shortened(shown(item[name]), _LETTERS) if name in item else "" for name in columns],
            json.dumps({name: plain(value) for name, value in item.items()}, indent=2, ensure_ascii=False),
        )
        for item in items
    ]
    return Shown(columns, rows)


ROUTES = [
    Route("/tables", show, name="tables"),
    Route("/tables/items", show_one, name="table"),
]
