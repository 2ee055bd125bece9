"""Files of a program that are deployed unchanged: they can be updated without running the program.

These are the sources in the archives of functions, and the parts of mail templates.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi import FileArchive

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Graph, Resource
from sluice.cloud.program.project import ProgramError, is_own
from sluice.cloud.resources.code import zipped
from sluice.cloud.resources.naming import Name
from sluice.cloud.resources.registry import update

_FUNCTION, _TEMPLATE = "aws:lambda/function:Function", "aws:ses/template:Template"
_PARTS = ("subject", "text", "html")
_ENDINGS = (".txt", ".html")


Parts = dict[Path, list[tuple[Resource, str]]]
"""File -> the templates that it is a part of, each with the name of that part."""


class Copies:
    """Knows which file of a program is which input of a deployed stack.

    Attributes:
        parts: The files that are parts of templates.
    """

    def __init__(self, cloud: Cloud, graph: Graph, root: Path, known: Parts | None = None) -> None:
        """Finds the files.

        Args:
            cloud: Where the stack is.
            graph: The deployed resources.
            root: The folder of the program.
            known: The parts before the last change: a file that was saved again during that change differs from what is
                deployed, but is still the same part.
        """
        self._cloud, self._root = cloud, root
        self._functions = graph.of_type(_FUNCTION)
        self._put: list[tuple[Resource, str]] = []
        self.parts: Parts = {}
        places = [(one, part) for one in graph.of_type(_TEMPLATE) for part in _PARTS]
        for path in _texts(root) if places else ():
            text = path.read_bytes().decode(errors="replace")
            found = [(one, part) for one, part in places if _is_text(one.inputs.get(part), text)]
            before = {(one.urn, part) for one, part in (known or {}).get(path, ())}
            if found := found or [(one, part) for one, part in places if (one.urn, part) in before]:
                self.parts[path] = found

    def put(self, path: Path) -> list[str]:
        """Deploys a file that was saved.

        Returns:
            The names of the resources that contain it; none if only a run of the program can deploy it.

        Raises:
            ProgramError: It is not valid Python; the message names file and line.
        """
        return [*self._put_into_functions(path), *self._put_into_templates(path)]

    def restore(self) -> None:
        """Restores everything as it was before."""
        for resource, name in self._put:
            self._change(resource, {name: resource.inputs[name]})
        self._put.clear()

    def _put_into_functions(self, path: Path) -> Iterator[str]:
        name, content = str(path.relative_to(self._root)), path.read_bytes()
        for function in self._functions:
            archive = function.inputs.get("code")
            if not isinstance(archive, FileArchive) or not (old := Path(archive.path, name)).is_file():
                continue
            if content == old.read_bytes():
                continue
            if path.suffix == ".py" and _imports(name, content) != _imports(name, old.read_bytes()):
                continue  # the archive holds other modules now
            code = zipped(archive, {name: content})
            self._put.append((function, "code"))
            self._cloud.client("lambda").update_function_code(FunctionName=function.id, ZipFile=code)
            yield function.name

    def _put_into_templates(self, path: Path) -> Iterator[str]:
        for template, part in self.parts.get(path, ()):
            text = path.read_bytes().decode(errors="replace")
            if not _is_text(template.inputs[part], text):
                self._put.append((template, part))
                self._change(template, {part: text.strip() if part == "subject" else text})
                yield template.name

    def _change(self, resource: Resource, values: dict[str, Any]) -> None:
        update(self._cloud, resource.type, Name(resource.name, resource.urn), resource.id, values, values.keys())


def _texts(root: Path) -> Iterator[Path]:
    """The text files of a program, without hidden folders and other people's code."""
    for folder, folders, files in os.walk(root):
        folders[:] = filter(is_own, folders)
        yield from (Path(folder, name) for name in files if name.endswith(_ENDINGS))


def _is_text(value: Any, text: str) -> bool:
    return isinstance(value, str) and value.strip() != "" and value.strip() == text.strip()


def _imports(name: str, source: bytes) -> list[str]:
    """The import statements of a source.

    Raises:
        ProgramError: It is not valid Python.
    """
    try:
        tree = ast.parse(source, name)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise ProgramError(f"{name}{f':{line}' if line else ''}: {getattr(error, 'msg', error)}") from None
    return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
