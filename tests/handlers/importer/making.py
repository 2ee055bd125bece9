"""How tests make items of objects."""

import json
from typing import Any

from handlers.importer.items.object_items import ObjectItems
from handlers.importer.items.rules import Schema

SCHEMA = Schema(("id",), {})


def item(row: Any, schema: Schema = SCHEMA, **kwargs: Any) -> dict[str, Any]:
    return json.loads(ObjectItems(schema, **kwargs).item(row)[0])


def key(row: Any, schema: Schema = SCHEMA) -> Any:
    return ObjectItems(schema).item(row)[1]
