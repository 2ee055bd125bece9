"""The attributes' names for the columns of a CSV file, and whether the keys are among them."""

from collections.abc import Sequence

from handlers.importer.errors import FileError
from handlers.importer.items.rules import Schema, shown

_SHOWN = 120
"""Characters of a header that a reason shows."""
_DELIMITERS = ";\t|,"
"""Possible delimiters of a header that seems to have one column."""


def attributes_of(header: Sequence[str], schema: Schema) -> Sequence[str]:
    """The attributes' names for the columns.

    Raises:
        FileError: two columns have the same.
    """
    attributes = [schema.names.get(name, name) for name in header] if schema.names else header
    if len(set(attributes)) < len(attributes):
        columns: dict[str, str] = {}
        for column, attribute in zip(header, attributes, strict=True):
            if (other := columns.setdefault(attribute, column)) != column:
                raise FileError(
                    f"the header has the columns {shown(other)} and {shown(column)}, and by the setting columns both "
                    f"are {shown(attribute)} in items"
                )
    return attributes


def check_keys(header: Sequence[str], attributes: Sequence[str], schema: Schema) -> None:
    """Checks that the attributes include all keys.

    Raises:
        FileError: one is missing, so no row could be an item.
    """
    missing = next((name for name in schema.keys if name not in attributes), "")
    if not missing:
        return
    names = ", ".join(map(repr, header))
    column = schema.column(missing)
    reason = f"the header has no column {column!r}, which is a key of the table; it is {names[:_SHOWN]}"
    reason += "..." if len(names) > _SHOWN else ""
    delimiter = next((sign for sign in _DELIMITERS if len(header) == 1 and sign in header[0]), "")
    if delimiter:
        reason += f", which looks delimited by {delimiter!r}: see the setting format.delimiter"
    else:
        reason += "; if that is no header, see the settings format.header and format.skipLines"
    raise FileError(reason)
