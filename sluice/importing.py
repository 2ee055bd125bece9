"""Uploading files for import."""

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
"""The settings that an object copied onto itself loses unless they are given again."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
"""A string in JSON."""

Progress = Callable[[Upload, int, int], None]
"""Called with a file, how many of its bytes have been sent, and how many it has."""


class Sent(NamedTuple):
    """The result of an upload."""

    unchanged: list[Entry]
    """The older entries of files whose content was imported before: they are not imported again."""
    awaited: dict[tuple[str, str], str | None]
    """Object and version of each other file -> when its last import began; None if there is none or it is running."""

    def own(self, ledger: Sequence[Entry]) -> list[Entry]:
        """Returns the entries of the files' imports."""
        return [entry for entry in ledger if self.awaited.get(_id(entry), entry["started_at"]) != entry["started_at"]]

    def has_ended(self, ledger: Sequence[Entry]) -> bool:
        """Whether all of their imports have ended."""
        return sum(entry["status"] != RUNNING for entry in self.own(ledger)) == len(self.awaited)


def send(pipeline: Pipeline, files: Sequence[Upload], progress: Progress, *, again: bool = False) -> Sent:
    """Uploads files for import.

    Args:
        pipeline: The import.
        files: The files to upload.
        progress: Called with each file while it is sent.
        again: Whether content that was imported before is imported once more.
    """
    older = {file: _entries(pipeline, file) for file in files}
    versions = {file: _put(pipeline, file, progress, again) for file in files}

    def repeats(file: Upload) -> bool:
        """Whether the importer will skip the file, because its content is in the table already."""
        before = older[file].get(versions[file])
        return before is not None and before["status"] not in (RUNNING, FAILED) and not again

    # A running import need only end; one that has ended must first begin again.
    awaited = {
        (_object(pipeline, file), versions[file]): before["started_at"]
        if (before := older[file].get(versions[file])) and before["status"] != RUNNING
        else None
        for file in files
        if not repeats(file)
    }
    return Sent([older[file][versions[file]] for file in files if repeats(file)], awaited)


def put_again(pipeline: Pipeline, entry: Entry, *, again: bool = False) -> None:
    """Copies the object of an entry onto itself, unchanged; S3 sends an event for that, which starts its import again.

    Args:
        pipeline: The import.
        entry: The ledger entry.
        again: Whether to import it once more even if it was imported before.

    Raises:
        ClientError: The object is gone, or has been replaced meanwhile.
    """
    s3, (bucket, key) = pipeline.client("s3"), place(entry)
    head = s3.head_object(Bucket=bucket, Key=key)
    kept = {name: head[name] for name in _KEPT if name in head}
    if again:
        kept["Metadata"] = {**kept.get("Metadata", {}), AGAIN: uuid.uuid4().hex}
    extra = {"MetadataDirective": "REPLACE", "CopySourceIfMatch": head["ETag"], **kept}
    s3.copy({"Bucket": bucket, "Key": key}, bucket, key, ExtraArgs=extra)


def readable(text: str) -> str:
    """Returns a row's JSON with its letters unescaped; everything else stays as written, numbers to the digit."""

    def unescaped(literal: re.Match[str]) -> str:
        letters = json.dumps(json.loads(literal[0]), ensure_ascii=False)
        return letters.encode(errors="backslashreplace").decode()  # half a surrogate pair is not a letter

    return _STRING.sub(unescaped, text)


def _put(pipeline: Pipeline, file: Upload, progress: Progress, again: bool) -> str:
    """Uploads a file; returns its version in the ledger's form."""
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
