"""Builds the wheel: `sluice` alone, with the files of `infra` and `handlers` in it as `sluice.components`.

They lie once in the repository, as packages whose names other repositories have too. All else about the distribution
stands in `pyproject.toml`.
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
    """Returns a module with `infra` and `handlers` as they are called in the wheel, where it imports or names them."""
    return _HANDLERS.sub(r"\1sluice.components.handlers", _INFRA.sub("sluice.components", source))


def copies() -> Iterator[Copy]:
    """Gives what `sluice.components` consists of.

    Files of `handlers` are in it twice: as modules that the components read names from, and below `functions` byte for
    byte, as archives have them.
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
    """Puts the components beside the tool."""

    def run(self) -> None:
        """Builds the packages that are declared, then the one that is put together here."""
        super().run()
        if not self.editable_mode:
            for target, content in copies():
                place = Path(self.build_lib, target)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Returns the files that it makes."""
        made = [str(Path(self.build_lib, target)) for target, _ in copies()]
        return [*super().get_outputs(include_bytecode), *made]


if __name__ == "__main__":
    setup(cmdclass={"build_py": BuildWithComponents})
