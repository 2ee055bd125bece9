'''A team's own function between a row and its item: the setting `imports.transform`, `package.module:function`.

It gets each row as a dict: from CSV the cells that are not empty, as strings; from JSON the object, with fractions as
`Number` (a string of digits, because a float would round them). It returns the item as a dict of `str`, `int`,
`Decimal`, `Number`, `bool`, `None`, lists and dicts, or a `Rejected` with a reason. A string in a column with a type in
the settings becomes that type. An exception rejects the row.

    def tidy(row: dict[str, Any]) -> dict[str, Any] | Rejected:
        """Keeps only customers, with a lower-case mail address and the name of the source."""
        if row.get("kind") != "customer":
            return Rejected("not a customer")
        return {**row, "email": row["email"].strip().lower(), "source": "crm"}
'''

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from handlers.importer.errors import RowError


class Rejected(NamedTuple):
    """A transform's result for a row that should not be imported."""

    reason: str


Transform = Callable[[dict[str, Any]], dict[str, Any] | Rejected]

_ROOT = __file__.rpartition("handlers/importer/")[0]
"""The folder that modules are imported from, with a trailing slash."""


@cache
def load(name: str) -> Transform | None:
    """Returns the transform named like `package.module:function`; None for an empty name."""
    if not name:
        return None
    from importlib import import_module  # loaded only for a transform

    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def transformed(transform: Transform, row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row's item from a transform.

    Raises:
        RowError: the transform rejected the row, or failed.
    """
    try:
        result = transform(row)
    except Exception as error:
        raise RowError(failure(error)) from error
    if isinstance(result, Rejected):
        raise RowError(result.reason)
    if type(result) is not dict:
        raise RowError(f"the transform returned {type(result).__name__}, not a dict")
    return result


def failure(error: Exception) -> str:
    """Returns the reason for a row whose transform raised an error, with its file and line."""
    place, trace = "", error.__traceback__ and error.__traceback__.tb_next  # the first is the call
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(_ROOT):
            place = f" ({file.removeprefix(_ROOT)}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return f"the transform failed: {type(error).__name__}: {error}{place}"
