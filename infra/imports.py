"""The imports of a function: read from its sources, which are never run, so that they are the same on every machine.

Imports `if TYPE_CHECKING` do not count; imports inside a function's body, or under `try`, do.
"""

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from infra import standard_library

PROVIDED = ("boto3", "botocore")
"""The packages that Lambda's runtimes have besides the standard library."""
STAND_IN = "backports.zstd"
"""Replaces `compression.zstd` on older Pythons, on which only tests and the embedded cloud run."""


_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""The fields of a statement, an exception handler or a case that hold statements, in the order of their lines."""


class ImportsError(ValueError):
    """A function imports a module that it cannot have; the message names file, line and remedy."""


class Import(NamedTuple):
    """A module that a source imports."""

    module: str
    line: int


def sources(modules: Iterable[str], root: Path) -> dict[str, tuple[Import, ...]]:
    """Returns path relative to `root` -> foreign imports, of each file that importing modules runs or may run.

    Args:
        modules: Dotted names, from `root`.
        root: The folder below which modules are found.

    Raises:
        FileNotFoundError: One of the modules does not exist.
        ImportsError: A source uses a relative import.
    """
    waiting = list(modules)
    for module in waiting:
        if "." not in module or _file(module, root) is None:
            raise FileNotFoundError(f"no module {module!r} below {root}: a handler is named package.module.function")
    is_ours = functools.cache(lambda top: _is_package(top, root))
    foreign: dict[str, tuple[Import, ...]] = {}
    known: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        if path := _file(name, root):
            imports = _imports((root / path).read_bytes(), path)
            foreign[path] = tuple(each for each in imports if not is_ours(each.module.partition(".")[0]))
            waiting += [each.module for each in imports if is_ours(each.module.partition(".")[0])]
        # The packages that contain a module are run before it, whether they have an __init__.py or not.
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return foreign


def check_function(name: str, root: Path) -> None:
    """Refuses a function, `package.module:function`, that does not exist.

    Raises:
        ImportsError: The module does not exist, or has no such name at its top level.
    """
    module, _, function = name.partition(":")
    path = _file(module, root)
    if path is None:
        raise ImportsError(f"{name}: there is no module {module} below {root}")
    names = {each for node in ast.parse((root / path).read_bytes(), path).body for each in _names(node)}
    if function not in names:
        raise ImportsError(f"{name}: {path} has no {function} at its top level; it has {', '.join(sorted(names))}")


def check(files: Mapping[str, Iterable[Import]], packages: frozenset[str], requirements: str) -> None:
    """Refuses imports that a function on Lambda does not find.

    Args:
        files: As `sources` returns them.
        packages: Modules that are bundled.
        requirements: The file in which a missing package can be named.

    Raises:
        ImportsError: For the first such import.
    """
    for path, imports in files.items():
        for module, line in imports:
            top = module.partition(".")[0]
            if top in packages or top in standard_library.NAMES or top in PROVIDED or _is_stand_in(module):
                continue
            raise ImportsError(
                f"{path}, line {line}: imports {top}, which a function on Lambda does not have. Name its package, "
                f"pinned with hashes, in {requirements}, or do without it"
            )


def _names(node: ast.stmt) -> Iterator[str]:
    """Yields the names that a statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_package(top: str, root: Path) -> bool:
    """Returns whether a name is a module or package below `root`; a package may lack an `__init__.py`."""
    if top in standard_library.NAMES or top in PROVIDED:
        return False
    return _file(top, root) is not None or ((root / top).is_dir() and any((root / top).rglob("*.py")))


def _is_stand_in(module: str) -> bool:
    return module == STAND_IN or STAND_IN.startswith(f"{module}.") or module.startswith(f"{STAND_IN}.")


def _file(module: str, root: Path) -> str | None:
    base = module.replace(".", "/")
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if (root / path).is_file()), None)


@functools.cache
def _imports(source: bytes, path: str) -> tuple[Import, ...]:
    """Returns every module that a source imports; cached, because functions share most of their modules."""
    return tuple(_imported(ast.parse(source, path).body, path))


def _imported(statements: Iterable[ast.AST], path: str) -> Iterator[Import]:
    """Yields every module that statements import; for `from a import b` both `a` and `a.b`, since `b` may be a module.

    Expressions, most of a source, are skipped: they cannot contain imports.
    """
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise ImportsError(
                f"{path}, line {node.lineno}: a handler imports by absolute names, so that its archive can be traced"
            )
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield Import(node.module, node.lineno)
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            yield from _imported(node.orelse, path)
        else:
            for block in _BLOCKS:
                yield from _imported(getattr(node, block, ()), path)


def _is_for_type_checkers(test: ast.expr) -> bool:
    """Returns whether a condition is `TYPE_CHECKING` or `typing.TYPE_CHECKING`."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
