"""The tables of docs/settings.md, made from the models of the settings."""

import json
from collections.abc import Iterator
from typing import Any

from infra.settings.schema import pipelines

SECTIONS = {
    "StreamSettings": "streams.<name>",
    "MailRuleSettings": "streams.<name>.mails[]",
    "ImportSettings": "imports.<name>",
    "ColumnSettings": "imports.<name>.columns.<column>",
    "FormatSettings": "imports.<name>.format",
    "ReportSettings": "reports.<name>",
    "ReportGroup": "reports.<name>.groups[]",
    "ReportExpectation": "reports.<name>.groups[].expect",
    "MailSettings": "mail",
    "OperationsSettings": "operations",
}
"""Each part of the settings: what the schema calls it, and its place in the files."""
_KINDS = {"string": "text", "integer": "number", "boolean": "true, false", "array": "list", "object": "object"}


def page() -> str:
    """Returns a heading and a table for each part of the settings."""
    definitions = pipelines()["$defs"]
    return "\n".join(_section(place, _object(definitions[name])) for name, place in SECTIONS.items())


def _object(definition: dict[str, Any]) -> dict[str, Any]:
    return next(kind for kind in [definition, *definition.get("anyOf", ())] if "properties" in kind)


def _section(place: str, definition: dict[str, Any]) -> str:
    rows = "\n".join(_rows(definition))
    return f"### `{place}`\n\n| key | values | default | meaning |\n|---|---|---|---|\n{rows}\n"


def _rows(definition: dict[str, Any]) -> Iterator[str]:
    for key, held in definition["properties"].items():
        meaning = _escaped(" ".join(held["description"].split()))
        yield f"| `{key}` | {_values(held)} | {_default(held, key in definition.get('required', ()))} | {meaning} |"


def _values(held: dict[str, Any]) -> str:
    """Returns what a setting may be: the words of a choice, or a kind with its bounds."""
    kinds = [kind for kind in held.get("anyOf", [held]) if kind.get("type") != "null"]
    return " or ".join(dict.fromkeys(_kind(kind) for kind in kinds))


def _kind(kind: dict[str, Any]) -> str:
    if "enum" in kind:
        return " ".join(f"`{word}`" for word in kind["enum"])
    if "$ref" in kind:
        return "object"
    low, high = kind.get("minimum"), kind.get("maximum")
    if low is not None:
        return f"{low:,} to {high:,}" if high is not None else f"{low:,} or more"
    members = kind.get("maxItems")
    return f"list, {members:,} at most" if members else _KINDS[kind["type"]]


def _default(held: dict[str, Any], is_required: bool) -> str:
    if is_required or "default" not in held:
        return "required"
    default = held["default"]
    if default is None or (isinstance(default, dict) and default):  # an object has a table of its own
        return ""
    return f"`{_escaped(json.dumps(default, ensure_ascii=False))}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
