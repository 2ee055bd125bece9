"""What items call the columns of a CSV file, and whether they can be items' columns at all."""

from collections.abc import Sequence

from handlers.importer.errors import FileError
from handlers.importer.items.rules import Schema, shown

_SHOWN = 120
"""How many characters of a header a reason shows."""
_DELIMITERS = ";\t|,"
"""What a header of one column may be delimited by in truth."""


def attributes_of(header: Sequence[str], schema: Schema) -> Sequence[str]:
    """What items call the columns.

    Raises:
        FileError: two of them the same.
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
    """Checks that no key lacks under a header whose columns items call `attributes`.

    Raises:
        FileError: one does, so that no row could be an item.
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
