'''The place where a team puts its own function between a row and its item.

Write a function of one row, and name it in `TRANSFORM`. It gets each row as a dict: of a CSV file the cells
that are not empty, as strings; of JSON the object, its fractions as `Number` (a string of their digits,
because a float would round them). It returns the item as a dict of `str`, `int`, `Decimal`, `Number`, `bool`,
`None`, lists and dicts, or a `Rejected` with a reason. A string in a column with a type in the settings
becomes that type. An exception rejects its row.

    def tidy(row: dict[str, Any]) -> dict[str, Any] | Rejected:
        """Keeps customers only, with their mail address in lower case and the name of the source."""
        if row.get("kind") != "customer":
            return Rejected("not a customer")
        return {**row, "email": row["email"].strip().lower(), "source": "crm"}

    TRANSFORM = tidy
'''

from collections.abc import Callable
from typing import Any, NamedTuple


class Rejected(NamedTuple):
    """What a transform returns for a row that is not to be imported."""

    reason: str


Transform = Callable[[dict[str, Any]], dict[str, Any] | Rejected]

TRANSFORM: Transform | None = None
