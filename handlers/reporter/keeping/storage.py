"""The report bucket: the record of each run, its page, and `latest.*`, which an older run never overwrites.

A `latest.*` of a future time is ignored: this version did not write it, and it would block newer ones until then.

Every write is conditional or has its run's own key, so that repeated and concurrent runs leave one report. Reading a
missing object answers 403 to a role that may not list the bucket; if access is really refused, the write will say so.
"""

import time
from collections.abc import Callable, Mapping

from handlers.reporter.schedule import latest_stamp
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Response
from handlers.shared.aws.s3 import Bucket
from handlers.shared.deadlines import Deadlines

LATEST = "reports/latest"

_ABSENT = (403, 404)
_CONFLICT = (404, 409, 412)  # 404: the object to replace is gone
_ATTEMPTS = 5
_TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}
_GENERATED_AT = "x-amz-meta-generated-at"


class Storage:
    """The report bucket, with the deadlines of one run."""

    def __init__(self, bucket: Bucket, deadlines: Deadlines, clock: Callable[[], float] = time.time) -> None:
        self._bucket = bucket
        self._deadlines = deadlines
        self._clock = clock

    def read(self, key: str) -> Response | None:
        """Reads an object; None if there is none."""
        return self._current(self._bucket.get, key)

    def put(self, key: str, body: bytes, kind: str) -> None:
        """Writes an object, perhaps again."""
        self._bucket.put(key, body, headers={"content-type": _TYPES[kind]}, deadline=self._deadlines.call())

    def save(
        self, key: str, body: bytes, version: str | None, kind: str = "json", headers: Mapping[str, str] | None = None
    ) -> str | None:
        """Writes an object if it has not changed.

        Args:
            key: its key.
            body: its new content.
            version: the ETag of the object to replace; None if there should be none.
            kind: `json` or `html`.
            headers: more headers.

        Returns:
            the new ETag; None if another writer was first.
        """
        condition = {"if-match": version} if version else {"if-none-match": "*"}
        try:
            answer = self._bucket.put(
                key,
                body,
                headers={"content-type": _TYPES[kind], **condition, **(headers or {})},
                deadline=self._deadlines.call(),
            )
        except AwsError as error:
            if error.status in _CONFLICT and error.code != "NoSuchBucket":
                return None
            raise
        return answer.headers["etag"]

    def record(self, key: str, body: bytes, is_complete: Callable[[bytes], bool]) -> bytes:
        """Writes the report of a run unless there is a complete one for the same time; returns the stored one."""
        version = None
        for _ in range(_ATTEMPTS):
            if self.save(key, body, version):
                return body
            current = self.read(key)
            if current and is_complete(current.body):
                return current.body
            version = current.headers["etag"] if current else None
        raise RecordLostError(f"{key} could not be written, and there is no complete one")

    def put_latest(self, body: bytes, kind: str, generated_at: str) -> bool:
        """Writes `latest.<kind>` unless there is a newer one, ignoring one of a future time; tells whether it did."""
        key = f"{LATEST}.{kind}"
        for _ in range(_ATTEMPTS):
            current = self._current(self._bucket.head, key)
            if current and generated_at < current.headers.get(_GENERATED_AT, "") <= latest_stamp(self._clock):
                return False
            version = current.headers["etag"] if current else None
            if self.save(key, body, version, kind, {_GENERATED_AT: generated_at, "cache-control": "no-cache"}):
                return True
        raise RecordLostError(f"{key} changed {_ATTEMPTS} times while it was to be written")

    def _current(self, ask: Callable[..., Response], key: str) -> Response | None:
        try:
            return ask(key, deadline=self._deadlines.call())
        except AwsError as error:
            if error.status in _ABSENT:
                return None
            raise


class RecordLostError(Exception):
    """An object could not be written although no write was refused permanently."""
