"""Answers of functions that processed only some records of a batch, or failed."""

import json
from typing import Any


def failed_items(body: bytes) -> list[str]:
    """Returns the sequence numbers that a partial batch response names; none means complete success.

    Raises:
        ValueError: the response is malformed, which makes the batch a complete failure.
    """
    answer = json.loads(body or b"null")
    if not answer:
        return []
    if not isinstance(answer, dict):
        raise ValueError(f"expected an object, found {answer!r:.100}")
    failures = answer.get("batchItemFailures") or []
    if not isinstance(failures, list):
        raise ValueError(f"batchItemFailures is not an array: {failures!r:.100}")
    return [_identifier(failure) for failure in failures]


def error_text(body: bytes, otherwise: str = "it failed") -> str:
    """Returns type and message of the error in the answer of a failed function; `otherwise` if it has none."""
    try:
        answer = json.loads(body)
        return ": ".join(str(answer[key]) for key in ("errorType", "errorMessage") if answer.get(key)) or otherwise
    except (ValueError, AttributeError):
        return otherwise


def _identifier(failure: Any) -> str:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise ValueError(f"no itemIdentifier in {failure!r:.100}")
    return identifier
