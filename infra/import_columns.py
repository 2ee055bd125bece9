"""The columns of an import and the constants that all its items get: for the component and settings.

A module of its own, so that commands can read settings without loading pulumi-aws.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NotRequired, TypedDict

from infra.import_defaults import ColumnType
from infra.numbers import attribute_value


class ColumnArgs(TypedDict):
    """A column of CSV files, or a member of JSON objects."""

    type: NotRequired[ColumnType]
    """The type of its cells in CSV files, and of the key if it is one; `S` by default. JSON has types of its own."""
    attribute: NotRequired[str | None]
    """Its name in items; by default its name in the files."""


def mistakes(
    columns: Mapping[str, ColumnArgs], keys: Collection[str], *, keys_come_from_columns: bool = True
) -> Iterator[str]:
    """Yields the mistakes in columns, each as what is allowed instead.

    Args:
        columns: The columns, by their names in the files.
        keys: The table's keys.
        keys_come_from_columns: Whether keys can come from columns only, not from a transform.
    """
    sources = _sources(columns)
    for attribute, names in sources.items():
        if len(names) > 1:
            yield f"one column as {attribute}, not {len(names)}: {' and '.join(map(repr, names))}"
    wrong = sorted(key for key in keys for name in sources[key] if columns[name].get("type") == "BOOL")
    if wrong:
        yield f"S or N for {' and '.join(wrong)}, which the table has as key"
    for key in keys:
        if keys_come_from_columns and key in columns and not sources[key]:
            yield (
                f"no other name for the column {key!r}, which is the table's key; or "
                f"{columns[key].get('attribute')!r} as key of the table"
            )


def mistakes_of_constants(
    constants: Mapping[str, Any], columns: Mapping[str, ColumnArgs], keys: Collection[str]
) -> Iterator[str]:
    """Yields the mistakes in constants, each as what is allowed instead."""
    sources = _sources(columns)
    for name, value in constants.items():
        if name in keys:
            yield f"no {name!r}, which is the table's key: all items would be the same"
        elif sources[name]:
            yield f"no {name!r}, which is the column {sources[name][0]!r}"
        try:
            possible = value is not None and bool(attribute_value(value))
        except ValueError:
            possible = False
        if not possible:
            yield f"a text, a boolean, or a number within DynamoDB's limits, for {name!r}"


def schema(columns: Mapping[str, ColumnArgs], constants: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the columns and constants for the importer's settings file; see `handlers.importer.settings`."""
    # Sorted: programs in other languages pass maps in any order, and each order would change the function.
    columns, constants = dict(sorted(columns.items())), dict(sorted(constants.items()))
    return {
        "columns": {
            attribute: _type(columns[name]) for attribute, names in _sources(columns).items() for name in names
        },
        "names": {
            name: attribute for name, column in columns.items() if (attribute := _attribute(name, column)) != name
        },
        "constants": {name: attribute_value(value) for name, value in constants.items()},
    }


def _sources(columns: Mapping[str, ColumnArgs]) -> defaultdict[str, list[str]]:
    """Returns attribute -> the columns that become it."""
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for name, column in columns.items():
        sources[_attribute(name, column)].append(name)
    return sources


def _attribute(name: str, column: ColumnArgs) -> str:
    return column.get("attribute") or name


def _type(column: ColumnArgs) -> str:
    return ColumnType(column.get("type", "S")).value
