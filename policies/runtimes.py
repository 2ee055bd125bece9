"""Runtimes that AWS still supports."""

import datetime
from collections.abc import Iterator

from policies.model import UNKNOWN, Resource, resource_rule
from policies.resource_types import FUNCTION

DEPRECATED_ON = {
    "python3.8": datetime.date(2024, 10, 14),
    "python3.9": datetime.date(2025, 12, 15),
    "python3.10": datetime.date(2026, 10, 31),
    "python3.11": datetime.date(2027, 6, 30),
    "python3.12": datetime.date(2028, 10, 31),
    "python3.13": datetime.date(2029, 6, 30),
    "python3.14": datetime.date(2029, 6, 30),
    "nodejs22.x": datetime.date(2027, 4, 30),
    "nodejs24.x": datetime.date(2028, 4, 30),
    "provided.al2023": datetime.date(2029, 6, 30),
}
"""From https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as of November 2026."""


@resource_rule("runtime-supported", "Functions run on a runtime that AWS supports", FUNCTION)
def runtime_supported(function: Resource) -> Iterator[str]:
    """After the date there are no security fixes; some months later functions can no longer be changed."""
    runtime = function.value("runtime")
    if not runtime or runtime is UNKNOWN:  # a container image brings its own
        return
    end = DEPRECATED_ON.get(runtime)
    newest = "python3.14"
    if end is None:
        yield f"{runtime} is not in policies/runtimes.py: use {newest}, or add the date of its deprecation"
    elif datetime.datetime.now(tz=datetime.UTC).date() >= end:
        yield f"{runtime} was deprecated on {end}: use {newest}"
