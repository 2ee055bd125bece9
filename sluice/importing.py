"""Putting files where they are imported, and how they read before that."""

import json
import re
import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sluice.ledger import FAILED, RUNNING, Entry, entries, place, version_of
from sluice.pipelines import Pipeline
from sluice.uploads import Upload

AGAIN = "sluice-again"
"""The metadata of an object whose content is to be imported even if it was before."""
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Metadata")
"""What an object that is copied onto itself loses unless it is given anew."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
"""A string in JSON."""

Progress = Callable[[Upload, int, int], None]
"""Told of a file, how many bytes of it have been sent, and how many it has."""


class Sent(NamedTuple):
    """Files that were put."""

    unchanged: list[Entry]
    """The older entries of those whose content had been imported: nothing is done with them."""
    awaited: dict[tuple[str, str], str | None]
    """Object and version of each other one -> when its import began that is no news; None where it runs already."""

    def own(self, ledger: Sequence[Entry]) -> list[Entry]:
        """Returns the entries of their imports."""
        return [entry for entry in ledger if self.awaited.get(_id(entry), entry["started_at"]) != entry["started_at"]]

    def has_ended(self, ledger: Sequence[Entry]) -> bool:
        """Whether all of their imports have ended."""
        return sum(entry["status"] != RUNNING for entry in self.own(ledger)) == len(self.awaited)


def send(pipeline: Pipeline, files: Sequence[Upload], progress: Progress, *, again: bool = False) -> Sent:
    """Puts files where they are imported.

    Args:
        pipeline: The import.
        files: What to put.
        progress: Told of each file as it is sent.
        again: Whether content that was imported before is imported once more.
    """
    older = {file: _entries(pipeline, file) for file in files}
    versions = {file: _put(pipeline, file, progress, again) for file in files}

    def repeats(file: Upload) -> bool:
        """Whether the importer leaves the file alone: this content is in the table already."""
        before = older[file].get(versions[file])
        return before is not None and before["status"] not in (RUNNING, FAILED) and not again

    # Of an import that runs already the end is awaited; of one that ended before, that it begins again.
    awaited = {
        (_object(pipeline, file), versions[file]): before["started_at"]
        if (before := older[file].get(versions[file])) and before["status"] != RUNNING
        else None
        for file in files
        if not repeats(file)
    }
    return Sent([older[file][versions[file]] for file in files if repeats(file)], awaited)


def put_again(pipeline: Pipeline, entry: Entry, *, again: bool = False) -> None:
    """Copies the object of an entry onto itself, as it is, which S3 announces: its import begins anew.

    Args:
        pipeline: The import.
        entry: What was imported, or was not.
        again: Whether it is imported once more even if it was.

    Raises:
        ClientError: The object is gone, or became another meanwhile.
    """
    s3, (bucket, key) = pipeline.client("s3"), place(entry)
    head = s3.head_object(Bucket=bucket, Key=key)
    kept = {name: head[name] for name in _KEPT if name in head}
    if again:
        kept["Metadata"] = {**kept.get("Metadata", {}), AGAIN: uuid.uuid4().hex}
    extra = {"MetadataDirective": "REPLACE", "CopySourceIfMatch": head["ETag"], **kept}
    s3.copy({"Bucket": bucket, "Key": key}, bucket, key, ExtraArgs=extra)


def readable(text: str) -> str:
    """Returns a row's JSON with its letters as they are; the rest stays as it is written, numbers to the digit."""

    def unescaped(literal: re.Match[str]) -> str:
        letters = json.dumps(json.loads(literal[0]), ensure_ascii=False)
        return letters.encode(errors="backslashreplace").decode()  # half a surrogate pair is no letter

    return _STRING.sub(unescaped, text)


def _put(pipeline: Pipeline, file: Upload, progress: Progress, again: bool) -> str:
    """Uploads a file; returns its version as the ledger names it."""
    s3, bucket, key = pipeline.client("s3"), pipeline["bucket_name"], pipeline["prefix"] + file.key
    size, sent = file.path.stat().st_size, [0]

    def tell(count: int) -> None:
        sent[0] += count
        progress(file, sent[0], size)

    extra = {"Metadata": {AGAIN: uuid.uuid4().hex}} if again else {}
    s3.upload_file(str(file.path), bucket, key, ExtraArgs=extra, Callback=tell)
    return version_of(s3.head_object(Bucket=bucket, Key=key))


def _entries(pipeline: Pipeline, file: Upload) -> dict[str, Entry]:
    return {entry["version"]: entry for entry in entries([pipeline], _object(pipeline, file))}


def _object(pipeline: Pipeline, file: Upload) -> str:
    return f"{pipeline['bucket_name']}/{pipeline['prefix']}{file.key}"


def _id(entry: Entry) -> tuple[str, str]:
    return entry["object"], entry["version"]
