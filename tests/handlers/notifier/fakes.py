"""SES and the table of marks, in memory and as strict as AWS, that fail as a test tells them."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from handlers.notifier.deadlines import BatchDeadlines
from handlers.notifier.decisions import Mail
from handlers.notifier.environment import MARK_EXPIRY, MARK_KEY
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request, Response
from handlers.shared.deadlines import pause

TABLE = "marks"
WELCOME, PROFILE_CHANGED = "welcome", "profile-changed"

DEFAULT_RULES = """{"address_attribute": "email", "name_attribute": "name", "rules": [
    {"template": "welcome", "events": ["INSERT"], "to_attribute": "email"},
    {"template": "profile-changed", "events": ["MODIFY"], "changed": ["email", "name"], "to_attribute": "email"}]}"""
"""The file of the rules that 0.1 had built in."""


def answer(body: object) -> Response:
    return Response(200, {}, json.dumps(body).encode())


class Ses:
    """Accepts every mail, unless the next step of `script` says otherwise.

    A step is an exception, raised before anything is sent, or a function from a call's addresses to the
    statuses of those that are not SUCCESS. `after` holds exceptions, raised after a call has sent its mails.
    """

    def __init__(self) -> None:
        self.script: deque[BaseException | Callable[[list[str]], dict[str, str]] | None] = deque()
        self.after: deque[BaseException | None] = deque()
        self.words = ""
        self.calls: list[dict[str, Any]] = []
        self.outbox: list[str] = []
        self.deadlines: list[float | None] = []

    def call(self, request: Request, *, deadline: float | None) -> Response:
        payload = json.loads(request.body)
        entries = payload["BulkEmailEntries"]
        assert 1 <= len(entries) <= 50
        self.calls.append(payload)
        self.deadlines.append(deadline)
        step = self.script.popleft() if self.script else None
        if isinstance(step, BaseException):
            raise step
        addresses = [entry["Destination"]["ToAddresses"][0] for entry in entries]
        statuses = step(addresses) if step else {}
        results = [{"Status": statuses.get(address, "SUCCESS"), "Error": self.words} for address in addresses]
        self.outbox += [address for address in addresses if statuses.get(address, "SUCCESS") == "SUCCESS"]
        failure = self.after.popleft() if self.after else None
        if failure:
            raise failure
        return answer({"BulkEmailEntryResults": results})


class Table:
    """A table of marks. A step of `script` is an exception, or how many keys or items it takes."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.script: deque[BaseException | int | None] = deque()
        self.operations: list[str] = []

    def map(
        self, requests: Iterable[Request], *, deadline: float | None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        for request in requests:
            self.operations.append(request.operation)
            step = self.script.popleft() if self.script else None
            if isinstance(step, AwsError):
                yield request, step
                continue
            if isinstance(step, BaseException):
                raise step
            if request.operation == "PutItem":
                yield request, self._claim(json.loads(request.body))
                continue
            body = json.loads(request.body)["RequestItems"][TABLE]
            run = self._get if request.operation == "BatchGetItem" else self._write
            yield request, answer(run(body, step))

    def _get(self, body: dict[str, Any], processed: int | None) -> dict[str, Any]:
        ids = [key[MARK_KEY]["S"] for key in body["Keys"]]
        assert 1 <= len(ids) == len(set(ids)) <= 100
        assert body["ConsistentRead"]
        marks = [{MARK_KEY: {"S": one}} for one in ids[:processed] if one in self.items]
        rest = body["Keys"][processed:] if processed is not None else []
        return {
            "Responses": {TABLE: marks},
            "UnprocessedKeys": {TABLE: {**body, "Keys": rest}} if rest else {},
        }

    def _write(self, body: list[dict[str, Any]], processed: int | None) -> dict[str, Any]:
        keys = [(one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"]) for one in body]
        assert 1 <= len(keys) == len({key[MARK_KEY]["S"] for key in keys}) <= 25
        for one, key in zip(body[:processed], keys, strict=False):
            if "PutRequest" in one:
                self.items[key[MARK_KEY]["S"]] = key
            else:
                self.items.pop(key[MARK_KEY]["S"], None)
        rest = body[processed:] if processed is not None else []
        return {"UnprocessedItems": {TABLE: rest} if rest else {}}

    def _claim(self, body: dict[str, Any]) -> Response | AwsError:
        assert body["TableName"] == TABLE
        assert body["ConditionExpression"] == (
            "attribute_not_exists(event_id) OR expires_at < :now OR claimed_by = :owner"
        )
        values, item = body["ExpressionAttributeValues"], body["Item"]
        there = self.items.get(item[MARK_KEY]["S"])
        if (
            there
            and int(there[MARK_EXPIRY]["N"]) >= int(values[":now"]["N"])
            and there["claimed_by"] != values[":owner"]
        ):
            return AwsError("DynamoDB", "PutItem", "ConditionalCheckFailedException", "", status=400)
        self.items[item[MARK_KEY]["S"]] = item
        return answer({})


class Clock:
    """Time that passes only while somebody waits, each time for the same share of the longest pause."""

    def __init__(self, share: float = 0.5) -> None:
        self.now = 1000.0
        self.waits = 0
        self.share = share

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits += 1

    def deadlines(self, seconds: float = 120.0) -> BatchDeadlines:
        return BatchDeadlines(seconds, lambda: self.now, self.sleep, partial(pause, share=lambda: self.share))


def mails(count: int, template: str = WELCOME) -> list[Mail]:
    return [Mail(f"e{n}", str(1000 + n), template, f"p{n}@example.com", '{"name":"Ada"}') for n in range(count)]


def error(code: str, message: str = "", **kind: bool) -> AwsError:
    return AwsError("SESv2", "SendBulkEmail", code, message, status=400, request_id="r1", **kind)
