"""Reads YAML files that people write."""

from pathlib import Path
from typing import Any

import yaml


class YamlError(ValueError):
    """A file cannot be read as an object; the message names it, line and reason."""


class _Loader(yaml.SafeLoader):
    """Records keys that occur twice in one object: YAML forbids it, but PyYAML silently takes the last one."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Makes an object, as PyYAML does."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.value in lines:
                self.repeated.append(f"{key.value} is in line {lines[key.value]} and again in line {line}")
            elif isinstance(key, yaml.ScalarNode):
                lines[key.value] = line
        return super().construct_mapping(node, deep)


def read(path: Path) -> dict[str, Any]:
    """Returns the object in a file; an empty file holds one without keys.

    Raises:
        YamlError: The file is not YAML or not an object, or has a duplicate key.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        document = loader.get_single_data() or {}
    except UnicodeDecodeError as error:
        raise YamlError(f"{path.name} is no UTF-8: {error}") from None
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise YamlError(f"{path.name} is no YAML{line}: {getattr(error, 'problem', None) or error}") from None
    if loader.repeated:
        raise YamlError(f"{path.name}: {'; '.join(loader.repeated)}: keep one of each")
    if not isinstance(document, dict):
        raise YamlError(f"{path.name} is not an object")
    return document
