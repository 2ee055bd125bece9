"""The findings of the checks, and their remedies."""

from typing import Literal, NamedTuple

Status = Literal["ready", "not ready", "unknown"]


class Finding(NamedTuple):
    """One finding."""

    check: str
    """What was checked: `identity`, `sandbox`, ..."""
    status: Status
    detail: str
    """What was found."""
    remedy: str = ""
    """What to do; empty if there is nothing to do."""


def ready(check: str, detail: str) -> Finding:
    """Returns a finding that something is ready."""
    return Finding(check, "ready", detail)


def not_ready(check: str, detail: str, remedy: str) -> Finding:
    """Returns a finding that something is not ready."""
    return Finding(check, "not ready", detail, remedy)


def unknown(check: str, detail: str, remedy: str) -> Finding:
    """Returns a finding that something is not known."""
    return Finding(check, "unknown", detail, remedy)


def only_aws_knows(check: str, detail: str) -> Finding:
    """Returns a finding that the embedded cloud cannot know something."""
    return unknown(check, f"the embedded cloud cannot know: {detail}", "ask on AWS, with --outputs FILE")
