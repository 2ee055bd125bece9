"""What becomes of the columns of an import, and what all its items have besides: for the component and settings.

A module of its own, because commands read settings and wait for no component of pulumi-aws to be loaded.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NotRequired, TypedDict

from infra.import_defaults import ColumnType
from infra.numbers import attribute_value


class ColumnArgs(TypedDict):
    """What is known of a column of CSV files, or of a member of JSON objects."""

    type: NotRequired[ColumnType]
    """What its cells are in CSV files, and the key where it is one; `S` by default. JSON has types of its own."""
    attribute: NotRequired[str | None]
    """What items call it; left out, as files do."""


def mistakes(
    columns: Mapping[str, ColumnArgs], keys: Collection[str], *, keys_come_from_columns: bool = True
) -> Iterator[str]:
    """Gives what columns contradict: each as what is allowed instead.

    Args:
        columns: What is known of them, by what files call them.
        keys: The table's keys.
        keys_come_from_columns: Whether nothing else, such as a transform, may bring a key.
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
    """Gives what constants contradict or cannot be: each as what is allowed instead."""
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
    """Returns what the importer's file of settings has of columns and constants; see `handlers.importer.settings`."""
    # In order: programs in other languages hand maps over in any, and each would be a change of the function.
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
    """Attribute -> the columns that become it."""
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for name, column in columns.items():
        sources[_attribute(name, column)].append(name)
    return sources


def _attribute(name: str, column: ColumnArgs) -> str:
    return column.get("attribute") or name


def _type(column: ColumnArgs) -> str:
    return ColumnType(column.get("type", "S")).value
