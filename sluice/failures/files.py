"""The files that were not imported: what the ledger has of them, and putting them again.

A file is among the failures while its import is the last of its object and that object is there: putting a better one
or deleting it takes it from there.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws_errors import code
from sluice.failures.failure import REFUSED, Failure, Redriven
from sluice.ledger import FAILED, PARTIAL, Entry, ended, place, version_of
from sluice.target import Target

_AT_MOST = 100
"""How many files are looked at, the newest."""
_DAYS = 14
"""How long dead letters are kept, which tell of the pieces of work that were given up."""
_NEXT = "mend what the reason names and put the file again, or delete it; --redrive imports it as it is"
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Metadata")
"""What an object that is copied onto itself loses unless it is given anew."""
_GONE = ("404", "NoSuchKey", "412", "PreconditionFailed")
_THREADS = 8


def file_failures(target: Target) -> Iterator[Failure]:
    """The files that were not imported, in whole or from some place on, oldest first; the newest hundred."""
    yield from (_failure(target, entry) for entry in _failed(target))


def redrive_files(target: Target) -> Iterator[Redriven]:
    """Copies each object onto itself, which S3 announces: its import begins anew, and what fails again comes back."""
    for entry in _failed(target):
        failure = _failure(target, entry)
        try:
            _put_again(target, entry)
        except REFUSED as refusal:
            if code(refusal) not in _GONE:  # gone: somebody put another meanwhile, or deleted it
                yield Redriven(failure, 0, 1, f"not put again: {refusal}")
        else:
            yield Redriven(failure, 1, 0)


def hints(target: Target) -> Iterator[str]:
    """What to look at besides these failures: older ones, and the files of which rows were rejected."""
    if ended(target, FAILED, _AT_MOST)[1]:
        yield f"More than {_AT_MOST} files failed: `python -m sluice imports` shows the older ones too."
    found, is_more = ended(target, PARTIAL, _AT_MOST, since=_days_ago())
    if found:
        count = f"more than {_AT_MOST}" if is_more else str(len(found))
        yield f"Files with rejected rows in the last {_DAYS} days: {count}; `python -m sluice rejects` shows the rows."


def _failed(target: Target) -> list[Entry]:
    """The entries of files that failed and are there, oldest first; but those of which a dead letter tells."""
    found, _ = ended(target, FAILED, _AT_MOST)
    candidates = [entry for entry in reversed(found) if "given_up" not in entry or entry["finished_at"] < _days_ago()]
    target.client("s3")  # made before threads ask for it
    with ThreadPoolExecutor(_THREADS) as pool:
        there = list(pool.map(partial(_is_there, target), candidates))
    return [entry for entry, is_there in zip(candidates, there, strict=True) if is_there]


def _is_there(target: Target, entry: Entry) -> bool:
    bucket, key = place(entry)
    try:
        return version_of(target.client("s3").head_object(Bucket=bucket, Key=key)) == entry["version"]
    except (ClientError, BotoCoreError) as error:
        return code(error) not in _GONE  # what may not be looked at is told of


def _failure(target: Target, entry: Entry) -> Failure:
    bucket, key = place(entry)
    written = f"; rows in the table already: {entry['rows_written']:,}" if entry["rows_written"] else ""
    reason = f"{entry['error']}{written}"
    function, where = target["import_function_name"], f"s3://{bucket}/{key}"
    return Failure("import", function, reason, entry["finished_at"], 1, where, file=key, next_step=_NEXT)


def _put_again(target: Target, entry: Entry) -> None:
    s3, (bucket, key) = target.client("s3"), place(entry)
    head = s3.head_object(Bucket=bucket, Key=key)
    kept = {name: head[name] for name in _KEPT if name in head}
    extra = {"MetadataDirective": "REPLACE", "CopySourceIfMatch": head["ETag"], **kept}
    s3.copy({"Bucket": bucket, "Key": key}, bucket, key, ExtraArgs=extra)


def _days_ago() -> str:
    return (datetime.now(UTC) - timedelta(days=_DAYS)).isoformat()
