"""Reading a table for a report: its number of items, and the newest fifty. Each returns the number of items read."""
# pyright: reportMissingImports=false
# The peers are installed only in .venv-bench.

import heapq
from collections.abc import Iterator
from typing import Any

_TABLE = "RA_bench"
_SHOWN = 50
_NAMES = {"#id": "id", "#name": "name", "#created": "created"}
_PROJECTED = {"ProjectionExpression": ",".join(_NAMES), "ExpressionAttributeNames": _NAMES}


def sluice() -> int:
    """Sluice's reporter, only the reading."""
    from handlers.reporter.counting.newest import Listing
    from handlers.reporter.counting.survey import survey
    from handlers.reporter.settings import Group
    from handlers.shared.aws import dynamodb
    from handlers.shared.deadlines import Deadlines

    deadlines = Deadlines(900.0, after_work=0.0, after_calls=0.0)
    group = Group("RA", "RA_", "Augmented Reality", "RA_totales")
    counts = survey(dynamodb.connect(), [group], Listing("name", "created", _SHOWN), 1e6, deadlines)
    (table,) = counts.groups["RA"]
    if counts.failures or table.approximate or len(table.items) != _SHOWN:
        raise RuntimeError(f"{counts.failures or table}")
    return table.total


def resource() -> int:
    """boto3's resource: `Table.scan`, page by page."""
    return _resource({})


def resource_projected() -> int:
    """The same, requesting only the attributes that the report shows, as Sluice does."""
    return _resource(_PROJECTED)


def _resource(asked: dict[str, Any]) -> int:
    import boto3

    table: Any = boto3.resource("dynamodb").Table(_TABLE)

    def pages() -> Iterator[list[dict[str, Any]]]:
        page = table.scan(**asked)
        yield page["Items"]
        while "LastEvaluatedKey" in page:
            page = table.scan(**asked, ExclusiveStartKey=page["LastEvaluatedKey"])
            yield page["Items"]

    return _newest(pages(), lambda item: item["created"])


def client() -> int:
    """boto3's client: the paginator of Scan, with items as DynamoDB JSON."""
    return _client({})


def client_projected() -> int:
    """The same, requesting only the attributes that the report shows."""
    return _client(_PROJECTED)


def _client(asked: dict[str, Any]) -> int:
    import boto3

    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=_TABLE, **asked)
    return _newest((page["Items"] for page in pages), lambda item: item["created"]["S"])


def _newest(pages: Iterator[list[dict[str, Any]]], date: Any) -> int:
    count, newest = 0, []
    for items in pages:
        count += len(items)
        newest = heapq.nlargest(_SHOWN, newest + items, key=date)
    return count
