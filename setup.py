"""Builds the wheel: only the package `sluice`, with the files of `infra` and `handlers` in it as `sluice.components`.

These are in the repository once, as packages whose names other repositories also use. The rest of the distribution's
metadata is in `pyproject.toml`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
COMPONENTS = Path("sluice", "components")
LEFT_OUT = ("__pycache__", ".build")
_INFRA = re.compile(r"(?<![\w./-])infra(?=\.[a-z]| import )")
_HANDLERS = re.compile(r"^(\s*from )handlers(?=\.| import )", re.MULTILINE)


class Copy(NamedTuple):
    """A file of the wheel that comes from elsewhere in the repository."""

    target: Path
    content: bytes


def in_wheel(source: str) -> str:
    """Returns a module's source with the wheel's names of `infra` and `handlers`, where it imports or names them."""
    return _HANDLERS.sub(r"\1sluice.components.handlers", _INFRA.sub("sluice.components", source))


def copies() -> Iterator[Copy]:
    """Yields the files of `sluice.components`.

    Files of `handlers` are in it twice: as modules that the components import names from, and below `functions` as
    exact copies for the functions' archives.
    """
    for path in _files("infra"):
        yield Copy(COMPONENTS / path.relative_to("infra"), _content(path))
    for path in _files("handlers"):
        yield Copy(COMPONENTS / path, _content(path))
        yield Copy(COMPONENTS / "functions" / path, (HERE / path).read_bytes())


def _files(folder: str) -> Iterator[Path]:
    for path in sorted((HERE / folder).rglob("*")):
        if path.is_file() and not set(LEFT_OUT) & set(path.parts):
            yield path.relative_to(HERE)


def _content(path: Path) -> bytes:
    content = (HERE / path).read_bytes()
    return in_wheel(content.decode()).encode() if path.suffix == ".py" else content


class BuildWithComponents(build_py):
    """Adds the components to the tool's package."""

    def run(self) -> None:
        """Builds the declared packages, then the one that is assembled here."""
        super().run()
        if not self.editable_mode:
            for target, content in copies():
                place = Path(self.build_lib, target)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Returns the files that it creates."""
        made = [str(Path(self.build_lib, target)) for target, _ in copies()]
        return [*super().get_outputs(include_bytecode), *made]


if __name__ == "__main__":
    setup(cmdclass={"build_py": BuildWithComponents})
