"""The code of a function: a staged folder with exactly the modules that its handler imports, and the files beside them.

The imports are read, not run, so the same sources give the same folder, and the same hash, on every machine. What is
imported only `if TYPE_CHECKING` is left out; what a function imports inside its body is included.
"""

import ast
import functools
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import handlers

ROOT = Path(handlers.__file__).parent.parent
"""The folder that handler paths start from."""
_STAGING = ROOT / ".build"
BESIDE = (".css", ".html", ".json", ".txt")
"""Endings of files that a module may read from its own folder."""


def stage(handler: str, root: Path = ROOT, staging: Path = _STAGING) -> Path:
    """Copies what a handler imports into a folder of its own and returns that folder.

    The folder's name carries a hash of its contents: stages of the same sources share it, and a stage never changes.

    Args:
        handler: dotted path of the handler, such as `handlers.archiver.handler.handle`.
        root: the folder that the path starts from.
        staging: the folder to stage into.

    Raises:
        FileNotFoundError: the handler's module does not exist.
        ValueError: a module that it imports uses a relative import.
    """
    module = handler.rpartition(".")[0]
    sources = _sources(module, root)
    files = {path: (root / path).read_bytes() for path in sorted(sources | _beside(sources, root))}
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:12]
    folder = staging / f"{module.split('.')[-2]}-{digest}"
    if not _holds(folder, files):
        _write(folder, files)
    return folder


def _sources(module: str, root: Path) -> set[str]:
    """The files, relative to `root`, that importing `module` runs or may run."""
    package = module.partition(".")[0]
    if "." not in module or _file(module, root) is None:
        raise FileNotFoundError(f"no module {module!r} below {root}: a handler is named package.module.function")
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name, root)
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [name.rpartition(".")[0]] if "." in name else []
        imports = _imports((root / path).read_bytes(), path)
        waiting += [imported for imported in imports if imported.partition(".")[0] == package]
    return found


def _beside(sources: set[str], root: Path) -> set[str]:
    """The files, relative to `root`, that lie in the folders of sources and are not Python's."""
    folders = {(root / path).parent for path in sources}
    return {
        str(path.relative_to(root))
        for folder in folders
        for path in folder.iterdir()
        if path.suffix in BESIDE and path.name != "requirements.txt" and path.is_file()
    }


def _file(module: str, root: Path) -> str | None:
    base = module.replace(".", "/")
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if (root / path).is_file()), None)


@functools.cache
def _imports(source: bytes, path: str) -> tuple[str, ...]:
    """Every module that a source imports; remembered, because functions share most of their modules."""
    return tuple(_imported(ast.parse(source, path), path))


def _imported(node: ast.AST, path: str) -> Iterator[str]:
    """Every module that `node` imports; for `from a import b` both `a` and `a.b`, since `b` may be a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level:
        raise ValueError(
            f"{path}, line {node.lineno}: a handler imports by absolute names, so that its archive can be traced"
        )
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        children = iter(node.orelse)
    else:
        children = ast.iter_child_nodes(node)
    for child in children:
        yield from _imported(child, path)


def _holds(folder: Path, files: dict[str, bytes]) -> bool:
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return found.keys() == files.keys() and all(found[path].read_bytes() == content for path, content in files.items())


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Puts the folder in place whole, so that a program running beside this one never sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch, "fresh")
        for path, content in files.items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        try:
            os.rename(fresh, folder)
        except OSError:
            if _holds(folder, files):  # the program beside this one was first
                return
            os.rename(folder, Path(scratch, "tampered"))
            os.rename(fresh, folder)
