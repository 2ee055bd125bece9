"""The reports of a pipeline: running it now, and reading stored reports."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from sluice.aws_errors import code
from sluice.failures.failure import REFUSED
from sluice.pipelines import Pipeline

_REPORTS = "reports/"
_DATE = f"{_REPORTS}date="
_GONE = ("NoSuchKey", "404")
LATEST = f"{_REPORTS}latest"
"""The key of the newest report, without its extension."""


class Stored(NamedTuple):
    """A stored report."""

    key: str
    """Its key without the extension: there are a `.json` and a `.html`."""
    at: str
    """The time that it is for, as in its key."""


def run(pipeline: Pipeline) -> dict[str, Any]:
    """Runs the reporter for the current time and returns the report.

    Raises:
        click.ClickException: the run failed.
    """
    pipeline.target.greet()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = json.dumps({"scheduled_time": now}).encode()
    answer = pipeline.client("lambda").invoke(FunctionName=pipeline["function_name"], Payload=payload)
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise click.ClickException(f"the reporter failed: {result.get('errorMessage', result)}")
    stored = pipeline.client("s3").get_object(Bucket=pipeline["bucket_name"], Key=result["report"])
    return json.loads(stored["Body"].read())


def report(pipeline: Pipeline, key: str = LATEST) -> dict[str, Any] | None:
    """Returns a stored report; None if there is none with that key."""
    body = _body(pipeline, f"{key}.json")
    return None if body is None else json.loads(body)


def page_of(pipeline: Pipeline, key: str = LATEST) -> bytes | None:
    """Returns the stored page of a report; None if there is none with that key."""
    return _body(pipeline, f"{key}.html")


def _body(pipeline: Pipeline, key: str) -> bytes | None:
    try:
        return pipeline.client("s3").get_object(Bucket=pipeline["bucket_name"], Key=key)["Body"].read()
    except REFUSED as error:
        if code(error) in _GONE:
            return None
        raise


def days(pipeline: Pipeline) -> list[str]:
    """Returns the days that have reports, the newest first; ISO 8601."""
    pages = _pages(pipeline, Prefix=_DATE, Delimiter="/")
    found = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])]
    return sorted((prefix.removeprefix(_DATE).rstrip("/") for prefix in found), reverse=True)


def stored_on(pipeline: Pipeline, day: str) -> list[Stored]:
    """Returns the reports of a day, the newest first."""
    folder = f"{_DATE}{day}/"
    names = (one["Key"] for page in _pages(pipeline, Prefix=folder) for one in page.get("Contents", []))
    keys = sorted((name.removesuffix(".json") for name in names if name.endswith(".json")), reverse=True)
    return [Stored(key, _time(key.removeprefix(folder))) for key in keys]


def expectation(breach: dict[str, Any]) -> str:
    """Returns the expectation that a group has broken, as text."""
    limit = breach["limit"]
    sentences = {
        "minimum": f"at least {limit:,}",
        "maximum": f"at most {limit:,}",
        "change_within": f"within {limit} % of the last total, {breach.get('before') or 0:,}",
    }
    return sentences.get(breach["expectation"], f"{breach['expectation']} {limit:,}")


def _time(name: str) -> str:
    """The time in a report's name, which has dashes for colons."""
    date, separator, clock = name.partition("T")
    return f"{date}{separator}{clock.replace('-', ':')}"


def _pages(pipeline: Pipeline, **listing: str) -> Iterator[dict[str, Any]]:
    return pipeline.client("s3").get_paginator("list_objects_v2").paginate(Bucket=pipeline["bucket_name"], **listing)
