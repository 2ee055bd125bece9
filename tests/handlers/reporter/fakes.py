"""DynamoDB, S3 and SES as the lean client shows them: moto behind its interface, and scripts where moto cannot go."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import settings

from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Verdict
from handlers.reporter.report import Past, Table, parse, render
from handlers.reporter.settings import Group
from handlers.reporter.showing.view import View, compare
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request, Response

AT = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
STAMP = "2026-11-21T09:05:00Z"
LOCATION = "s3://reports/page.html"
RA = Group("RA", "RA_", "Augmented Reality", "RA_totales")
VR = Group("VR", "VR_", "Virtual Reality", "VR_totales")

unhurried = settings(deadline=None)
"""Property tests that render or read: a busy machine is no failure."""


def error(operation: str = "Any", code: str = "InternalServerError", status: int = 500) -> AwsError:
    return AwsError("Fake", operation, code, "as the test wants it", status=status)


def answer(body: object) -> Response:
    return Response(200, {}, json.dumps(body).encode())


class Faults:
    """Which calls fail: `faults.on("PutObject", "latest")` fails those whose subject contains the text."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, str, AwsError]] = []
        self.seen: list[tuple[str, str]] = []

    def on(self, operation: str, subject: str = "", failure: AwsError | None = None) -> None:
        self._rules.append((operation, subject, failure or error(operation)))

    def clear(self) -> None:
        self._rules.clear()

    def check(self, operation: str, subject: str) -> None:
        self.seen.append((operation, subject))
        for wanted, part, failure in self._rules:
            if wanted == operation and part in subject:
                raise failure


class Dynamo:
    """The lean client over moto; `statuses` are what it says of tables in the place of moto's ACTIVE."""

    def __init__(self, boto: Any, faults: Faults) -> None:
        self._boto = boto
        self._faults = faults
        self.before: Callable[[str, dict[str, Any]], None] = lambda operation, payload: None
        self.statuses: dict[str, str] = {}

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        payload = json.loads(request.body)
        self._faults.check(request.operation, payload.get("TableName", ""))
        self.before(request.operation, payload)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", request.operation).lower()
        try:
            result = getattr(self._boto, method)(**payload)
        except ClientError as failure:
            raise aws_error(request.operation, failure) from failure
        if request.operation == "DescribeTable" and payload["TableName"] in self.statuses:
            result["Table"]["TableStatus"] = self.statuses[payload["TableName"]]
        return answer_of(result)

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        for request in requests:
            try:
                yield request, self.call(request)
            except AwsError as failure:
                yield request, failure


class Bucket:
    """The lean client's bucket over moto."""

    def __init__(self, boto: Any, name: str, faults: Faults) -> None:
        self._boto = boto
        self._name = name
        self._faults = faults

    def put(self, key: str, body: bytes, *, headers: dict[str, str], deadline: float | None = None) -> Response:
        parameters = {
            "ContentType": headers["content-type"],
            "IfMatch": headers.get("if-match"),
            "IfNoneMatch": headers.get("if-none-match"),
            "CacheControl": headers.get("cache-control"),
            "Metadata": {
                name.removeprefix("x-amz-meta-"): value for name, value in headers.items() if name.startswith("x-amz-")
            },
        }
        return self._call("PutObject", key, Body=body, **{name: value for name, value in parameters.items() if value})

    def get(self, key: str, *, deadline: float | None = None) -> Response:
        return self._call("GetObject", key)

    def head(self, key: str, *, deadline: float | None = None) -> Response:
        return self._call("HeadObject", key)

    def _call(self, operation: str, key: str, **parameters: Any) -> Response:
        self._faults.check(operation, key)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            result = getattr(self._boto, method)(Bucket=self._name, Key=key, **parameters)
        except ClientError as failure:
            raise aws_error(operation, failure) from failure
        headers = {"etag": result["ETag"]}
        headers |= {f"x-amz-meta-{name}": value for name, value in result.get("Metadata", {}).items()}
        return Response(200, headers, result["Body"].read() if operation == "GetObject" else b"")


class Ses:
    """Accepts every mail but those to the refused."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.outbox: list[dict[str, Any]] = []
        self.accepted: Callable[[str], None] = lambda address: None

    @property
    def to(self) -> list[str]:
        return [mail["Destination"]["ToAddresses"][0] for mail in self.outbox]

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        mail = json.loads(request.body)
        [address] = mail["Destination"]["ToAddresses"]
        self._faults.check(request.operation, address)
        self.outbox.append(mail)
        self.accepted(address)
        return answer({"MessageId": "1"})

    def map(self, requests: Iterable[Request], **_: Any) -> Iterator[tuple[Request, Response | AwsError]]:
        raise NotImplementedError


class Pages:
    """Scripted tables: name -> segment -> pages, a page being its items or an error; each costs 128 read units.

    Keeps as many requests in flight as it may, as the real client does.
    """

    def __init__(self, tables: dict[str, list[list[list[dict[str, Any]] | AwsError]]]) -> None:
        self._tables = tables
        self.asked: list[dict[str, Any]] = []

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        source = iter(requests)
        flying: deque[Request] = deque()
        while True:
            while len(flying) < in_flight and (request := next(source, None)):
                flying.append(request)
                self.asked.append(json.loads(request.body))
            if not flying:
                return
            request = flying.popleft()
            yield request, self._page(json.loads(request.body))

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        raise NotImplementedError

    def _page(self, payload: dict[str, Any]) -> Response | AwsError:
        pages = self._tables[payload["TableName"]][payload.get("Segment", 0)]
        at = int(payload.get("ExclusiveStartKey", {"at": {"N": "0"}})["at"]["N"])
        page = pages[at]
        if isinstance(page, AwsError):
            return page
        body: dict[str, Any] = {"Count": len(page), "ConsumedCapacity": {"CapacityUnits": 128.0}}
        if payload.get("Select") != "COUNT":
            body["Items"] = page
        if at + 1 < len(pages):
            body["LastEvaluatedKey"] = {"at": {"N": str(at + 1)}}
        return answer(body)


def answer_of(result: dict[str, Any]) -> Response:
    body = {name: value for name, value in result.items() if name != "ResponseMetadata"}
    return Response(200, {}, json.dumps(body, default=str).encode())


def aws_error(operation: str, failure: ClientError) -> AwsError:
    response: Any = failure.response
    details, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    return AwsError("Fake", operation, details["Code"], details["Message"], status=status)


def item(name: str | None = "n", date: str | None = "2026-11-21", key: str = "k") -> Item:
    return Item(None if name is None else {"S": name}, None if date is None else {"S": date}, {"id": {"S": key}})


def view(
    tables: dict[str, list[Table]],
    histories: dict[str, list[Past]] | None = None,
    verdicts: dict[str, Verdict | None] | None = None,
) -> View:
    groups = [group for group in (RA, VR) if group.name in tables]
    return compare(parse(render(STAMP, "dev", groups, tables, verdicts or {})), histories or {}, LOCATION)


def past(total: int, tables: dict[str, int] | None = None, minutes: int = 5) -> Past:
    return Past((AT - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"), total, tables or {})
