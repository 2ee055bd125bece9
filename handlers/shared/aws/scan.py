"""Reads a DynamoDB table in parallel segments, page by page, without decoding the items."""

from __future__ import annotations

import json
import re

from handlers.shared.aws import dynamodb
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.flight import Flight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import Any

    from handlers.shared.aws.client import Client

_ITEMS = re.compile(rb'"Items"\s*:\s*\[')


class Page:
    """One answer of a segment.

    Attributes:
        body: The answer as it came.
        count: Items in it.
        scanned: Items read for it.
        units: Read units that it cost.
        last: The segment's last page.
    """

    __slots__ = ("body", "count", "last", "scanned", "segment", "units")

    def __init__(self, segment: int, body: bytes, facts: dict[str, Any]):
        self.segment = segment
        self.body = body
        self.count: int = facts["Count"]
        self.scanned: int = facts["ScannedCount"]
        self.units: float = facts.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        self.last = "LastEvaluatedKey" not in facts

    def items(self) -> list[dict[str, Any]]:
        """Returns the items, as DynamoDB JSON."""
        return json.loads(self.body).get("Items", [])


def scan(
    client: Client,
    table: str,
    *,
    segments: int = 1,
    attributes: Sequence[str] = (),
    count: bool = False,
    page_size: int | None = None,
    deadline: float | None = None,
) -> Generator[Page, None, None]:
    """Yields the pages of a table in the order of their arrival; raises AwsError.

    A segment's next page is asked for before a page is yielded: who stops has at most one a segment too many.

    Args:
        client: Of DynamoDB.
        table: Its name.
        segments: Read in parallel, each with one request in flight.
        attributes: The top-level attributes that items are cut down to; all if empty.
        count: Only count.
        page_size: Items a page; otherwise 1 MB.
        deadline: A `time.monotonic()` value; see Client.
    """
    payload: dict[str, Any] = {
        "TableName": table,
        "TotalSegments": segments,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if page_size:
        payload["Limit"] = page_size
    if count:
        payload["Select"] = "COUNT"
    elif attributes:
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        payload |= {"ProjectionExpression": ",".join(names), "ExpressionAttributeNames": names}
    flight = Flight(client, deadline)
    try:
        for segment in range(segments):
            flight.submit(dynamodb.request("Scan", {**payload, "Segment": segment}, tag=segment))
        while len(flight):
            for request, outcome in flight.wait():
                if isinstance(outcome, AwsError):
                    raise outcome
                facts = essentials(outcome.body)
                if key := facts.get("LastEvaluatedKey"):
                    more = {**payload, "Segment": request.tag, "ExclusiveStartKey": key}
                    flight.submit(dynamodb.request("Scan", more, tag=request.tag))
                yield Page(request.tag, outcome.body, facts)
    finally:
        flight.close()


def essentials(body: bytes) -> dict[str, Any]:
    """Returns what a page says beside its items, without decoding these where it can be told from them.

    `"Items":[` before the items and `],` behind them can be nothing else: in DynamoDB JSON each value is an
    object with one member, so a list or set in an item ends in `]}`, and a quote in a string is escaped.
    """
    start, end = _ITEMS.search(body), body.rfind(b"],")
    if start and end >= start.end() - 1:
        try:
            return {
                **json.loads(body[: start.start()].rstrip(b" ,") + b"}"),
                **json.loads(b"{" + body[end + 2 :]),
            }
        except ValueError:
            pass
    facts = json.loads(body)
    facts.pop("Items", None)
    return facts
