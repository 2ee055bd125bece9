"""Who redrives the failures of the streams at present: an object beside them, which a second one sees.

Dead letters need none: what one redrive has received is hidden from another. Two redrives at once do no harm, they
only do the same work, so where the object cannot be written a redrive goes on without.
"""

import getpass
import json
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sluice.aws_errors import code
from sluice.failures.failure import REFUSED
from sluice.target import Target

KEY = "aws/lambda/redrive-under-way.json"
"""Where it lies in the archive bucket; it is no failure."""
_MINUTES = 20
"""How long it counts since it was written last: longer than an invocation takes, after each of which it is renewed."""
_RENEWED_SECONDS = 60
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class UnderWayError(Exception):
    """Somebody redrives already; the message says who, and since when."""


class _Lease(NamedTuple):
    by: str
    since: str
    etag: str
    written: datetime

    @property
    def counts(self) -> bool:
        return datetime.now(UTC) - self.written < timedelta(minutes=_MINUTES)


def under_way(target: Target) -> Iterator[str]:
    """A sentence on the redrive that is under way, if there is one."""
    held = _held(target) if target.outputs.get("archive_bucket_name") else None
    if held and held.counts:
        yield f"A redrive by {held.by} has been running since {held.since}."


@contextmanager
def lease(target: Target) -> Iterator[Callable[[], None]]:
    """Tells others for as long as it lasts that failures are redriven; gives what renews that.

    Raises:
        UnderWayError: Somebody does already.
    """
    if not target.outputs.get("archive_bucket_name"):  # a stack without streams
        yield lambda: None
        return
    since = datetime.now(UTC)
    etag, renewed = _take(target, since), [since]

    def renew() -> None:
        nonlocal etag
        if etag and datetime.now(UTC) - renewed[0] > timedelta(seconds=_RENEWED_SECONDS):
            with suppress(*REFUSED):
                etag = _write(target, since, IfMatch=etag)
                renewed[0] = datetime.now(UTC)

    try:
        yield renew
    finally:
        if etag:
            with suppress(*REFUSED):
                target.client("s3").delete_object(Bucket=target["archive_bucket_name"], Key=KEY, IfMatch=etag)


def _take(target: Target, since: datetime) -> str:
    """Returns the ETag of what was written; empty where nothing may be."""
    try:
        return _write(target, since, IfNoneMatch="*")
    except REFUSED as refusal:
        if code(refusal) not in _TAKEN:
            return ""
    held = _held(target)
    if held and held.counts:
        raise UnderWayError(
            f"a redrive by {held.by} has been running since {held.since}: wait for it; "
            f"if it was interrupted, another may begin {_MINUTES} minutes after its last step"
        )
    with suppress(*REFUSED):  # broken off, or it ended just now
        return _write(target, since, **({"IfMatch": held.etag} if held else {"IfNoneMatch": "*"}))
    return ""


def _write(target: Target, since: datetime, **condition: str) -> str:
    body = json.dumps({"by": f"{_user()}@{platform.node()}", "since": since.strftime("%Y-%m-%dT%H:%M:%SZ")})
    bucket = target["archive_bucket_name"]
    return target.client("s3").put_object(Bucket=bucket, Key=KEY, Body=body.encode(), **condition)["ETag"]


def _held(target: Target) -> _Lease | None:
    try:
        response = target.client("s3").get_object(Bucket=target["archive_bucket_name"], Key=KEY)
        held: Any = json.loads(response["Body"].read())
        return _Lease(str(held["by"]), str(held["since"]), response["ETag"], response["LastModified"])
    except (*REFUSED, ValueError, LookupError, TypeError):  # nobody does, or it says nothing that can be read
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "somebody"
