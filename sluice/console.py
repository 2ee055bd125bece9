"""How commands talk: colours and moving parts only on a terminal, what was asked for on stdout, the rest on stderr."""

import json
from typing import Any

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
"""What the command was asked for."""
err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and hints, where stdout is for machines."""


def print_json(value: Any) -> None:
    """Prints a JSON document and nothing else, never coloured or wrapped."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def plural(count: int, noun: str) -> str:
    """`1 record`, `2 records`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
