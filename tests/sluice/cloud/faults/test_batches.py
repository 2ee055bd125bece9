"""Batches of which a part is handed back."""

import json
from typing import Any

import pytest

from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from tests.sluice.cloud.faults.fakes import BATCH, KEYS, Cloud, outcome, refusal


def test_a_whole_batch_is_handed_back_and_not_forwarded(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("unprocessed")]
    written = cloud.client("dynamodb").batch_write_item(RequestItems=BATCH)
    read = cloud.client("dynamodb").batch_get_item(RequestItems=KEYS)
    assert written["UnprocessedItems"] == BATCH
    assert (read["UnprocessedKeys"], read["Responses"]) == (KEYS, {})
    assert not cloud.upstream.seen


def _ids(entries: list[dict[str, Any]]) -> set[str]:
    return {entry.get("PutRequest", {}).get("Item", entry)["id"]["S"] for entry in entries}


def test_what_is_not_handed_back_is_forwarded(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.3)]
    left = cloud.client("dynamodb").batch_write_item(RequestItems=BATCH)["UnprocessedItems"]["t"]
    forwarded = json.loads(cloud.upstream.seen[0][2])["RequestItems"]["t"]
    assert (len(left), len(forwarded)) == (3, 7)
    assert _ids(left) | _ids(forwarded) == _ids(BATCH["t"])


def test_keys_that_are_handed_back_keep_their_settings(cloud: Cloud) -> None:
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.3)]
    left = cloud.client("dynamodb").batch_get_item(RequestItems=KEYS)["UnprocessedKeys"]["t"]
    forwarded = json.loads(cloud.upstream.seen[0][2])["RequestItems"]["t"]
    assert left["ProjectionExpression"] == forwarded["ProjectionExpression"] == "id"
    assert _ids(left["Keys"]) | _ids(forwarded["Keys"]) == _ids(KEYS["t"]["Keys"])


def test_what_the_service_hands_back_is_added(cloud: Cloud) -> None:
    own = {
        "t": [{"PutRequest": {"Item": {"id": {"S": "own"}}}}],
        "other": [{"PutRequest": {"Item": {"id": {"S": "x"}}}}],
    }
    cloud.upstream.body = json.dumps({"UnprocessedItems": own}).encode()
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.1)]
    left = cloud.client("dynamodb").batch_write_item(RequestItems=BATCH)["UnprocessedItems"]
    assert len(left["t"]) == 2
    assert own["t"][0] in left["t"]
    assert left["other"] == own["other"]


def test_a_refusal_of_the_rest_is_passed_on(cloud: Cloud) -> None:
    cloud.upstream.status, cloud.upstream.body = 400, b'{"__type": "x#ValidationException", "message": "no"}'
    cloud.proxy.rules = [Rule("unprocessed", fraction=0.5)]
    assert outcome(refusal(cloud, "dynamodb", "BatchWriteItem"))[1] == "ValidationException"


def test_a_part_needs_the_proxys_credentials() -> None:
    with pytest.raises(ValueError, match="needs the proxy's credentials"):
        FaultProxy("http://127.0.0.1:1", [Rule("unprocessed", fraction=0.5)])
