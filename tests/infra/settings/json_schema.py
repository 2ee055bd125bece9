"""What of JSON schema our schemas use, as a validator: a dependency less."""

from collections.abc import Iterator
from typing import Any

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def violations(value: Any, schema: dict[str, Any], roots: dict[str, Any], root: str, at: str = "") -> Iterator[str]:
    """Gives where a value is not as its schema says.

    Args:
        value: The value.
        schema: Its schema.
        roots: File -> the schema that references lead into.
        root: The file of this schema.
        at: The value's place.
    """
    if "$ref" in schema:
        file, _, path = schema["$ref"].partition("#/")
        found: Any = roots[file or root]
        for part in path.split("/"):
            found = found[part]
        yield from violations(value, found, roots, file or root, at)
    if "anyOf" in schema and all([*violations(value, each, roots, root, at)] for each in schema["anyOf"]):
        yield f"{at}: none of the forms"
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{at}: no {kinds}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: none of {schema['enum']}"
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: out of range"
    if isinstance(value, dict):
        yield from (f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value)
        for name, held in value.items():
            other = schema.get("additionalProperties", True)
            known = schema.get("properties", {}).get(name, other)
            if known is False:
                yield f"{at}.{name}: unknown"
            elif known is not True:
                yield from violations(held, known, roots, root, f"{at}.{name}")
    if isinstance(value, list) and "items" in schema:
        for number, held in enumerate(value):
            yield from violations(held, schema["items"], roots, root, f"{at}[{number}]")


def _is(value: Any, kind: str) -> bool:
    if kind == "null":
        return value is None
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
