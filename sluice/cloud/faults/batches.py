"""Batches that are handed back in part."""

import json
import math
from typing import Any

from sluice.cloud.faults.chances import chance
from sluice.cloud.faults.requests import Request, scope

BATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "BatchWriteItem": ("UnprocessedItems", {}),
    "BatchGetItem": ("UnprocessedKeys", {"Responses": {}}),
}
"""Operation -> the response's field for unprocessed entries, and its other fields when nothing was processed."""

_Entries = list[tuple[str, Any]]


def split(request: Request, fraction: float, salt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the `RequestItems` to process, and those (at least one) to hand back; chosen by content."""
    tables: dict[str, Any] = json.loads(request.body)["RequestItems"]
    entries: _Entries = [
        (table, entry) for table, part in tables.items() for entry in (part["Keys"] if isinstance(part, dict) else part)
    ]
    chances = [chance(f"{salt}|{json.dumps(entry)}".encode()) for entry in entries]
    highest = sorted(chances)[math.ceil(len(entries) * fraction) - 1]
    done = [entry for entry, share in zip(entries, chances, strict=True) if share > highest]
    left = [entry for entry, share in zip(entries, chances, strict=True) if share <= highest]
    return _grouped(tables, done), _grouped(tables, left)


def _grouped(tables: dict[str, Any], entries: _Entries) -> dict[str, Any]:
    grouped: dict[str, Any] = {}
    for table, entry in entries:
        part = tables[table]
        if isinstance(part, dict):
            grouped.setdefault(table, {**part, "Keys": []})["Keys"].append(entry)
        else:
            grouped.setdefault(table, []).append(entry)
    return grouped


def merge(answer: dict[str, Any], name: str, left: dict[str, Any]) -> dict[str, Any]:
    """Returns the response with `left` added to what the service itself handed back."""
    merged = dict(left)
    for table, part in answer.get(name, {}).items():
        if isinstance(part, dict):
            merged[table] = {**part, "Keys": merged.get(table, {"Keys": []})["Keys"] + part["Keys"]}
        else:
            merged[table] = merged.get(table, []) + part
    return {**answer, name: merged}


def sign(request: Request, items: dict[str, Any], keys: tuple[str, str]) -> bytes:
    """Returns the batch with other `RequestItems`, signed with the proxy's own keys."""
    from botocore.auth import SigV4Auth  # only this rare fault needs the SDK
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = json.dumps({**json.loads(request.body), "RequestItems": items}).encode()
    region, service = scope(request.target, request.headers)
    headers = {name: request.headers[name] for name in ("host", "content-type", "x-amz-target")}
    signed = AWSRequest(request.method, f"http://{headers['host']}{request.target}", headers=headers, data=body)
    SigV4Auth(Credentials(*keys), service, region).add_auth(signed)
    lines = [f"{name}: {value}" for name, value in signed.headers.items()]
    head = [f"{request.method} {request.target} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body
