"""A group of tables that a report counts, and what is expected of it, as an input and as the function reads it."""

from typing import Any, NotRequired, TypedDict


class ExpectationArgs(TypedDict):
    """What is expected of a group's total; fields left out expect nothing."""

    minimum: NotRequired[int]
    """The smallest total; none by default."""
    maximum: NotRequired[int]
    """The largest total; any by default."""
    change_within: NotRequired[int]
    """By how many percent the total may differ from the last report's, up or down; any by default."""


class Group(TypedDict):
    """Tables that are counted together."""

    name: str
    """Short and unique, such as `RA`."""
    prefix: str
    """The prefix of its tables' names."""
    label: str
    """Its title in the report."""
    totals_table_name: NotRequired[str]
    """The physical name of its totals table; `<prefix>totales` by default."""
    expect: NotRequired[ExpectationArgs]
    """What is expected of its total; nothing by default."""


def described(group: Group) -> dict[str, Any]:
    """Returns a group as the reporter's function reads it, without its totals table."""
    expect = {name: int(limit) for name, limit in group.get("expect", {}).items() if isinstance(limit, (int, float))}
    fields = {"name": group["name"], "prefix": group["prefix"], "label": group["label"]}
    return {**fields, **({"expect": expect} if expect else {})}
