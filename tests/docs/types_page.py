"""The table of resource types in docs/embedded-cloud.md, read from the functions that create them."""

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import botocore.session

from sluice.cloud.program.schema import properties
from sluice.cloud.resources import registry
from sluice.cloud.resources.inputs import pascal


def rows() -> Iterator[str]:
    """Gives a line for each type: what it is called, what it is, which of its properties are known."""
    registry._load()
    for token, creator in sorted(registry._CREATORS.items()):
        module = inspect.getmodule(creator)
        assert module
        what = re.split(r"[.;]", creator.__doc__ or "")[0]
        known = sorted(Reading(module, token).properties(creator.__name__), key=str.lower)
        yield f"| `{token}` | {what} | {' '.join(f'`{name}`' for name in known)} |"


class Reading:
    """What a module's functions ask of the inputs of a type."""

    def __init__(self, module: ModuleType, token: str) -> None:
        tree = ast.parse(inspect.getsource(module))
        self._functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._module, self._token = module, token

    def properties(self, function: str) -> set[str]:
        """The properties that a creator takes: by their names, or as what AWS's API knows."""
        return set(self._taken(self._functions[function], {"inputs": ""}))

    def _taken(self, function: ast.FunctionDef, paths: dict[str, str]) -> Iterator[str]:
        """The paths that are taken; `paths` are those of the function's variables that hold inputs."""
        for node in ast.walk(function):
            self._follow(node, paths)
        taken: set[str] = set()
        rests: list[str] = []
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute):
                path = self._path(node.func.value, paths)
                if path is not None and node.func.attr == "take":
                    taken |= {path + name for name in self._names(node.args[0], function)}
                elif path is not None and node.func.attr == "tag_list":
                    taken.add(f"{path}tags")
                elif path is not None and node.func.attr == "rest":
                    rests.append(path)
            elif isinstance(node.func, ast.Name) and node.func.id in self._functions:
                helper = self._functions[node.func.id]
                given = zip(helper.args.args, node.args, strict=False)
                inner = {p.arg: path for p, arg in given if (path := self._path(arg, paths)) is not None}
                taken |= set(self._taken(helper, inner)) if inner else set()
        yield from taken
        for path in rests:
            yield from self._rest(function, taken) if not path else (f"{path}*",)

    def _follow(self, node: ast.AST, paths: dict[str, str]) -> None:
        """Notes the variables that hold inputs."""
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Tuple)
            and isinstance(node.value, ast.Tuple)
        ):
            pairs = list(zip(node.targets[0].elts, node.value.elts, strict=True))
        elif isinstance(node, ast.Assign):
            pairs = [(node.targets[0], node.value)]
        elif isinstance(node, ast.comprehension):
            pairs = [(node.target, node.iter)]
        else:
            return
        for target, value in pairs:
            path = self._path(value, paths)
            if isinstance(target, ast.Name) and path is not None:
                paths[target.id] = path

    def _path(self, node: ast.expr, paths: dict[str, str]) -> str | None:
        """The path of an expression that is inputs, such as `rules[].`; None of any other."""
        if isinstance(node, ast.Name):
            return paths.get(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            around, kind = self._path(node.func.value, paths), node.func.attr
            if around is not None and kind in ("object", "objects"):
                return f"{around}{ast.literal_eval(node.args[0])}{'[]' if kind == 'objects' else ''}."
        return None

    def _names(self, node: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
        """The names that an argument has: its own, or each that it goes through, listed there or keys of a dict."""
        if not isinstance(node, ast.Name):
            yield ast.literal_eval(node)
            return
        for generator in ast.walk(function):
            if isinstance(generator, ast.comprehension) and node.id in ast.unparse(generator.target):
                gone_through = ast.unparse(generator.iter).removesuffix(".items()")
                yield from getattr(self._module, gone_through, None) or ast.literal_eval(gone_through)

    def _rest(self, function: ast.FunctionDef, taken: set[str]) -> Iterator[str]:
        """The properties of the type that an operation takes which the function calls, besides those taken by name."""
        named = {path.partition(".")[0].removesuffix("[]") for path in taken}
        members = {member.lower() for member in _members(function)}
        for name in properties(self._token):
            (spelled,) = pascal({name: None})
            if name not in named and spelled.lower() in members:
                yield name


def _members(function: ast.FunctionDef) -> Iterator[str]:
    """What the operations of AWS take that a function calls, and the objects in them that get the rest."""
    session = botocore.session.get_session()
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    services = {ast.literal_eval(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "client"}
    for service in services:
        model: Any = session.get_service_model(service)
        for call in calls:
            name = "".join(word.capitalize() for word in getattr(call.func, "attr", "").split("_"))
            if name in model.operation_names:
                members = model.operation_model(name).input_shape.members
                yield from members
                for keyword in call.keywords:
                    if keyword.arg and ".rest()" in ast.unparse(keyword.value):
                        yield from getattr(members[keyword.arg], "members", ())
