"""The inputs of a resource, all of which must be taken."""

from collections.abc import Iterator, Mapping
from typing import Any


class Inputs:
    """Inputs in wire form, of a resource or of an object in it; `untaken` returns those that nobody asked for."""

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._path, self._left = path, {name: whole(value) for name, value in values.items()}
        self._nested: list[Inputs] = []

    def take(self, name: str, default: Any = None) -> Any:
        """The value of an input, or the default if it was left out."""
        value = self._left.pop(name, None)
        return default if value is None else value

    def object(self, name: str) -> "Inputs":
        """An input that is an object; empty if it was left out."""
        return self._add(self.take(name, {}), name)

    def objects(self, name: str) -> "list[Inputs]":
        """An input that is a list of objects; empty if it was left out."""
        return [self._add(value, f"{name}[{place}]") for place, value in enumerate(self.take(name, []))]

    def rest(self) -> dict[str, Any]:
        """All inputs that were not taken yet, as arguments of an AWS API, which refuses unknown ones."""
        left, self._left = self._left, {}
        return pascal(left)

    def left(self) -> list[str]:
        """The names of inputs that were not taken yet."""
        return list(self._left)

    def tag_list(self) -> list[dict[str, str]]:
        """The tags in the form that most APIs take."""
        return [{"Key": key, "Value": value} for key, value in self.take("tags", {}).items()]

    def untaken(self) -> Iterator[str]:
        """The paths of inputs that were not taken, such as `queues[0].filterSuffix`."""
        yield from (f"{self._path}{name}" for name in self._left)
        for nested in self._nested:
            yield from nested.untaken()

    def _add(self, value: Mapping[str, Any], name: str) -> "Inputs":
        nested = Inputs(value, f"{self._path}{name}.")
        self._nested.append(nested)
        return nested


def whole(value: Any) -> Any:
    """Whole numbers as integers, as AWS wants them: over the wire all numbers are floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


def pascal(value: Any) -> Any:
    """Nested inputs with their names in AWS's spelling: `onFailure` -> `OnFailure`."""
    if isinstance(value, dict):
        return {pascal_name(name): pascal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [pascal(item) for item in value]
    return value


def pascal_name(name: str) -> str:
    """The name of an input in AWS's spelling: `memorySize` -> `MemorySize`."""
    return name[:1].upper() + name[1:]
