"""A lease on redriving the failures of the streams: an object stored beside them, which a second redrive sees.

Dead letters need none: messages that one redrive has received are hidden from another. Two redrives at once do no
harm, they only repeat work, so if the object cannot be written, a redrive goes on without it.
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
"""Its key in the archive bucket; it is not a failure."""
_MINUTES = 20
"""How long it counts after it was last written: longer than an invocation takes, after each of which it is renewed."""
_RENEWED_SECONDS = 60
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class UnderWayError(Exception):
    """Another redrive is running; the message says whose, and since when."""


class _Lease(NamedTuple):
    by: str
    since: str
    etag: str
    written: datetime

    @property
    def counts(self) -> bool:
        return datetime.now(UTC) - self.written < timedelta(minutes=_MINUTES)


def under_way(target: Target) -> Iterator[str]:
    """A sentence about the running redrive, if there is one."""
    held = _held(target) if target.outputs.get("archive_bucket_name") else None
    if held and held.counts:
        yield f"A redrive by {held.by} has been running since {held.since}."


@contextmanager
def lease(target: Target) -> Iterator[Callable[[], None]]:
    """Holds the lease for the duration of a redrive; yields a function that renews it.

    Raises:
        UnderWayError: Another redrive is running.
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
    """Returns the ETag of the written object; empty if it may not be written."""
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
    with suppress(*REFUSED):  # the other redrive was interrupted, or has just ended
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
    except (*REFUSED, ValueError, LookupError, TypeError):  # no redrive is running, or the object cannot be read
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "somebody"
