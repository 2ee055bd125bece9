"""The files that were not imported: their ledger entries, and importing them again.

A file is among the failures while its import is the last of its object and that object exists: uploading a corrected
one or deleting the object removes it from the failures.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws_errors import code
from sluice.failures.failure import REFUSED, Detail, Discarded, Failure, Redriven, Wanted, everyone
from sluice.importing import put_again
from sluice.ledger import FAILED, PARTIAL, RUNNING, Entry, ended, entries, place, version_of
from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target

_AT_MOST = 100
"""How many of the newest failed files are examined."""
_DAYS = 14
"""How long dead letters are kept, which stand for the pieces of work that were given up."""
_NEXT = "correct what the reason names and import the file again, or discard it; redriving imports it as it is"
_GONE = ("404", "NoSuchKey", "412", "PreconditionFailed")
_THREADS = 8
_PAUSE_SECONDS = 0.2


def file_failures(target: Target) -> Iterator[Failure]:
    """The newest hundred files that were not imported, or only in part, oldest first."""
    for pipeline in pipelines(target, "imports"):
        yield from (_failure(pipeline, entry) for entry in _failed(pipeline))


def file_details(target: Target, wanted: Wanted) -> Iterator[tuple[Failure, Detail]]:
    """The selected files, each with its ledger entry."""
    for pipeline in pipelines(target, "imports"):
        for entry in _failed(pipeline):
            if wanted(failure := _failure(pipeline, entry)):
                yield failure, Detail([entry])


def discard_files(target: Target, wanted: Wanted) -> Iterator[Discarded]:
    """Deletes the selected objects, each only if it is still the version whose import failed."""
    for pipeline in pipelines(target, "imports"):
        s3 = pipeline.client("s3")
        for entry in _failed(pipeline):
            failure, error, (bucket, key) = _failure(pipeline, entry), "", place(entry)
            if not wanted(failure):
                continue
            try:
                head = s3.head_object(Bucket=bucket, Key=key)
                if version_of(head) != entry["version"]:
                    error = "it has been replaced by another file since, which stays"
                else:
                    s3.delete_object(Bucket=bucket, Key=key, IfMatch=head["ETag"])
            except REFUSED as refusal:
                error = "" if code(refusal) in _GONE else str(refusal)
            yield Discarded(failure, error)


def redrive_files(target: Target, wanted: Wanted = everyone) -> Iterator[Redriven]:
    """Copies each selected object onto itself; S3 sends an event for that, which starts its import again.

    A file that fails again becomes a failure again.
    """
    for pipeline in pipelines(target, "imports"):
        yield from _redrive(pipeline, wanted)


def _redrive(pipeline: Pipeline, wanted: Wanted) -> Iterator[Redriven]:
    for entry in _failed(pipeline):
        failure = _failure(pipeline, entry)
        if not wanted(failure):
            continue
        try:
            put_again(pipeline, entry)
        except REFUSED as refusal:
            if code(refusal) not in _GONE:  # gone: somebody replaced or deleted it meanwhile
                yield Redriven(failure, 0, 1, f"not put again: {refusal}")
        else:
            yield Redriven(failure, 1, 0)


def imported_again(target: Target, redriven: Redriven, until: float) -> Redriven:
    """The result for a file that was imported again: why it failed again, or that it did not.

    The given result if its import takes longer.

    Args:
        target: The stack.
        redriven: The file.
        until: When to give up waiting, as of `time.monotonic`.
    """
    failure = redriven.failure
    (pipeline,) = (one for one in pipelines(target, "imports") if str(one) == failure.pipeline)
    while True:
        known = entries([pipeline], failure.where.removeprefix("s3://"))
        anew = [entry for entry in known if (entry["started_at"] or "") > failure.at and entry["status"] != RUNNING]
        if anew:
            error = f"failed again: {anew[-1]['error']}" if anew[-1]["status"] == FAILED else ""
            return Redriven(failure, int(not error), int(bool(error)), error)
        if time.monotonic() > until:
            return redriven
        time.sleep(_PAUSE_SECONDS)


def hints(
    target: Target, older: str = "`python -m sluice imports`", rows: str = "`python -m sluice rejects`"
) -> Iterator[str]:
    """Hints about what is not among these failures: older ones, and files with rejected rows.

    Args:
        target: The stack.
        older: What shows older failed files.
        rows: What shows rejected rows.
    """
    imports = pipelines(target, "imports")
    if any(ended(pipeline, FAILED, _AT_MOST)[1] for pipeline in imports):
        yield f"More than {_AT_MOST} files failed: {older} shows the older ones too."
    partial_ones = [ended(pipeline, PARTIAL, _AT_MOST, since=_days_ago()) for pipeline in imports]
    if count := sum(len(found) for found, _ in partial_ones):
        about = f"more than {count}" if any(is_more for _, is_more in partial_ones) else str(count)
        yield f"Files with rejected rows in the last {_DAYS} days: {about}; {rows} shows the rows."


def _failed(pipeline: Pipeline) -> list[Entry]:
    """The entries of failed files that still exist, oldest first, without those that have a dead letter."""
    found, _ = ended(pipeline, FAILED, _AT_MOST)
    candidates = [entry for entry in reversed(found) if "given_up" not in entry or entry["finished_at"] < _days_ago()]
    pipeline.client("s3")  # created before threads use it
    with ThreadPoolExecutor(_THREADS) as pool:
        there = list(pool.map(partial(_is_there, pipeline), candidates))
    return [entry for entry, is_there in zip(candidates, there, strict=True) if is_there]


def _is_there(pipeline: Pipeline, entry: Entry) -> bool:
    bucket, key = place(entry)
    try:
        return version_of(pipeline.client("s3").head_object(Bucket=bucket, Key=key)) == entry["version"]
    except (ClientError, BotoCoreError) as error:
        return code(error) not in _GONE  # a file that may not be read is reported


def _failure(pipeline: Pipeline, entry: Entry) -> Failure:
    bucket, key = place(entry)
    written = f"; rows in the table already: {entry['rows_written']:,}" if entry["rows_written"] else ""
    reason = f"{entry['error']}{written}"
    function, where = pipeline["function_name"], f"s3://{bucket}/{key}"
    return Failure(str(pipeline), function, reason, entry["finished_at"], 1, where, file=key, next_step=_NEXT)


def _days_ago() -> str:
    return (datetime.now(UTC) - timedelta(days=_DAYS)).isoformat()
