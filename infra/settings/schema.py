"""JSON schemas of the settings, for editors: completion, descriptions and defaults in `pipelines.yaml` and stack files.

Their files lie beside this module; a test compares them, and rewrites them with `pytest
tests/infra/settings/test_schema.py --snapshot`. Only the models check settings against each other.
"""

from typing import Any

from infra.settings.stack import Settings

PIPELINES = "pipelines.schema.json"
STACK = "stack.schema.json"
_DIALECT = "http://json-schema.org/draft-07/schema#"  # the one that YAML editors support best
_OF_THE_STACK = ("environment", "region")
_WHOLE = ("MailRuleSettings", "ReportGroup")
"""Members of lists: the two files do not merge them, so their required fields stay required."""


def pipelines() -> dict[str, Any]:
    """Returns the schema of `pipelines.yaml`.

    Nothing is required, since the stack file may set it, and each setting may be null, which removes it.
    """
    schema = _untitled(Settings.model_json_schema())
    for name, definition in {**schema["$defs"], "": schema}.items():
        if name not in _WHOLE and "properties" in definition:
            definition.pop("required", None)
            definition["properties"] = {key: _nullable(held) for key, held in definition["properties"].items()}
    for name in _OF_THE_STACK:
        del schema["properties"][name]
    return {"$schema": _DIALECT, "title": "pipelines.yaml of Sluice", **schema}


def stack() -> dict[str, Any]:
    """Returns the schema of a stack file: its keys `sluice:*`, and Pulumi's own."""
    sections = {
        f"sluice:{name}": {"$ref": f"{PIPELINES}#/properties/{name}", "description": held["description"]}
        for name, held in pipelines()["properties"].items()
    }
    region = {"type": "string", "description": Settings.model_fields["region"].description}
    config = {"type": ["object", "null"], "properties": {"aws:region": region, **sections}}
    return {"$schema": _DIALECT, "title": "a stack file of Sluice", "type": "object", "properties": {"config": config}}


def _untitled(schema: Any) -> Any:
    """Returns a schema without titles, which only repeat the names of its properties."""
    if isinstance(schema, list):
        return [_untitled(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(held) for key, held in schema.items() if key != "title" or not isinstance(held, str)}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    about = {key: schema[key] for key in ("description", "default") if key in schema}
    kind = {key: held for key, held in schema.items() if key not in about}
    if isinstance(kind.get("additionalProperties"), dict):
        kind["additionalProperties"] = _nullable(kind["additionalProperties"])
    kinds = kind.get("anyOf", [kind])
    null = {"type": "null"}
    return {**about, "anyOf": [*kinds, *([] if null in kinds else [null])]}
