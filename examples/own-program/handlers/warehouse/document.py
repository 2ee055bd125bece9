"""An order as the warehouse's system reads it."""

from collections.abc import Mapping
from typing import Any

import xmltodict


def document(order: Mapping[str, Any]) -> str:
    """Returns an order's XML.

    Raises:
        ValueError: The order has no lines.
    """
    if not order.get("lines"):
        raise ValueError("an order without lines")
    return xmltodict.unparse({"order": {name: order[name] for name in sorted(order)}})
