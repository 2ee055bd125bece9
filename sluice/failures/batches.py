"""The failed batches of streams by the names of their objects, which are not read."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from sluice.failures import lease
from sluice.failures.failure import UNREADABLE, Failure
from sluice.target import Target

PREFIX = "aws/lambda/"
"""Where Lambda puts them in the archive bucket: `aws/lambda/<mapping>/<shard>/...`."""


class Batch(NamedTuple):
    """A failed batch by its name: its content has not been read."""

    key: str
    etag: str
    """It changes when fewer records of the batch are left."""
    failure: Failure
    """Only its id and location are right: the rest is in the object."""


def batches(target: Target, after: str = "", at_most: int = 100) -> tuple[list[Batch], bool]:
    """Returns some failed batches by name, without reading them, and whether there are more.

    Args:
        target: The stack.
        after: The key after which they begin, in the order of their keys: by mapping, shard and time.
        at_most: How many, up to 998: S3 lists at most 1,000 at once.
    """
    bucket = target.outputs.get("archive_bucket_name")
    if bucket is None:  # a stack without streams
        return [], False
    # One extra shows that there are more, and one may be the lease.
    answer = target.client("s3").list_objects_v2(
        Bucket=bucket, Prefix=PREFIX, StartAfter=after or PREFIX, MaxKeys=at_most + 2
    )
    found = [item for item in answer.get("Contents", []) if item["Key"] != lease.KEY]
    return [Batch(item["Key"], item["ETag"], named(target, item)) for item in found[:at_most]], len(found) > at_most


def batch_counts(target: Target) -> Iterator[Counter[str]]:
    """Counts all failed batches by the id of their mapping, a page of the listing at a time."""
    for page in listed(target):
        yield Counter(item["Key"].removeprefix(PREFIX).partition("/")[0] for item in page)


def listed(target: Target) -> Iterator[list[dict[str, Any]]]:
    """Lists the objects of failed batches, a page at a time, as S3 describes them."""
    bucket = target.outputs.get("archive_bucket_name")
    if bucket is None:  # a stack without streams
        return
    pages = target.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    for page in pages:
        yield [item for item in page.get("Contents", []) if item["Key"] != lease.KEY]


def named(target: Target, item: dict[str, Any]) -> Failure:
    """Returns a failure, as far as its object's name identifies it."""
    where = f"s3://{target['archive_bucket_name']}/{item['Key']}"
    return Failure("stream", "", UNREADABLE, item["LastModified"].isoformat(), 0, where)
