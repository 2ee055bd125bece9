"""What was found, and what to do about it."""

from typing import Literal, NamedTuple

Status = Literal["ready", "not ready", "unknown"]


class Finding(NamedTuple):
    """One matter."""

    check: str
    """What was looked at: `identity`, `sandbox`, ..."""
    status: Status
    detail: str
    """What is so."""
    remedy: str = ""
    """What to do; empty where nothing is."""


def ready(check: str, detail: str) -> Finding:
    """Returns that something is as it should be."""
    return Finding(check, "ready", detail)


def not_ready(check: str, detail: str, remedy: str) -> Finding:
    """Returns that something is not."""
    return Finding(check, "not ready", detail, remedy)


def unknown(check: str, detail: str, remedy: str) -> Finding:
    """Returns that nobody can say here."""
    return Finding(check, "unknown", detail, remedy)


def only_aws_knows(check: str, detail: str) -> Finding:
    """Returns that the embedded cloud cannot know."""
    return unknown(check, f"the embedded cloud cannot know: {detail}", "ask on AWS, with --outputs FILE")
