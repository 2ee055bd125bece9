"""A transform, for the tests of archives."""

from typing import Any


def tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Returns the row with its name in lower case."""
    return {**row, "name": row["name"].lower()}
