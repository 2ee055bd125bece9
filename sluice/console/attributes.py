"""DynamoDB's attribute values in readable form, from the SDK or from a stream's record."""

import json
from collections.abc import Mapping
from typing import Any


def shown(value: Mapping[str, Any]) -> str:
    """Returns an attribute value in readable form: strings and numbers as they are, the rest as JSON."""
    held = plain(value)
    return held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)


def plain(value: Mapping[str, Any]) -> Any:
    """Returns an attribute value without its types: numbers as strings, so that they keep every digit.

    The SDK gives a binary value as bytes, which become their size; a record has Base64, which stays.
    """
    ((kind, held),) = value.items()
    match kind:
        case "M":
            return {name: plain(member) for name, member in held.items()}
        case "L":
            return [plain(member) for member in held]
        case "B":
            return _binary(held)
        case "BS":
            return [_binary(member) for member in held]
        case "NULL":
            return None
        case _:
            return held


def _binary(held: bytes | str) -> str:
    return held if isinstance(held, str) else f"{len(held):,} bytes"
