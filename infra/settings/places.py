"""The place of a setting: its file and its key."""

from collections.abc import Mapping, Sequence
from typing import Any

_OTHERS = {"region": "aws:region"}
"""Keys outside of `sluice`'s namespace."""


class Places:
    """The places of a stack's settings."""

    def __init__(self, stack_settings: Mapping[str, Any], pipelines: Mapping[str, Any], stack: str) -> None:
        """Keeps what each file holds: the stack's settings, section -> value, and those of `pipelines.yaml`."""
        self.stack_file = f"Pulumi.{stack}.yaml"
        self._stack_settings, self._pipelines = stack_settings, pipelines

    def of(self, location: Sequence[int | str]) -> str:
        """Returns the file and key of a setting, which may be missing: `pipelines.yaml: streams.users.mails[0]`.

        The file is the stack's if that holds as many parts of the path as `pipelines.yaml` does.
        """
        if not location or location[0] == "environment":
            return "environment"
        path = [part for part in location if part != "[key]"]
        section, *rest = path
        tail = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
        if _depth(self._pipelines, path) > _depth(self._stack_settings, path):
            return f"pipelines.yaml: {section}{tail}"
        return f"{self.stack_file}: {_OTHERS.get(str(section), f'sluice:{section}')}{tail}"


def _depth(value: Any, path: Sequence[int | str]) -> int:
    """Returns how many parts of a path exist in a value."""
    for depth, part in enumerate(path):
        held: Any = dict(enumerate(value)) if isinstance(value, list) else value
        if not isinstance(held, Mapping) or part not in held:
            return depth
        value = held[part]
    return len(path)
