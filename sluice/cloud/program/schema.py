"""Resource types from pulumi-aws and their enums from AWS: read from the packages, nothing is listed by hand."""

import functools
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args, get_origin

import botocore.session
from botocore.model import Shape
from pulumi import Archive, Asset, _types
from pulumi.output import Unknown

_MODULES = {"lambda": "lambda_"}
"""Modules whose Python name differs."""

_AWS_SERVICES = {"cloudwatch": ("cloudwatch", "logs", "events"), "ses": ("ses", "sesv2"), "s3": ("s3",)}
"""Modules of pulumi-aws whose resources belong to AWS services of other names."""


class UnknownTypeError(Exception):
    """A resource type that pulumi-aws does not have."""


@functools.cache
def properties(token: str) -> dict[str, Any]:
    """The properties of a resource type such as `aws:s3/bucket:Bucket`: wire name -> Python type.

    Raises:
        UnknownTypeError: pulumi-aws has no such type.
    """
    return _types.resource_types(resource_class(token))


def resource_class(token: str) -> type:
    """The class of a resource type in pulumi-aws.

    Raises:
        UnknownTypeError: pulumi-aws has no such type.
    """
    package, module, kind = token.split(":")
    folder = module.partition("/")[0]
    if package != "aws":
        raise UnknownTypeError(f"{token}: only resources of pulumi-aws are known")
    try:
        return getattr(importlib.import_module(f"pulumi_aws.{_MODULES.get(folder, folder)}"), kind)
    except (ImportError, AttributeError):
        raise UnknownTypeError(f"{token}: pulumi-aws has no such resource") from None


class _Place(NamedTuple):
    """Where a value stands in the inputs of a resource."""

    path: str
    """For people: `rules[0].status`."""
    holder: str
    """The name of the object around it, such as `rules`; at the top, the resource's kind."""
    name: str
    services: tuple[str, ...]
    """The AWS services that may have its enum; none for the values of a map, which are free."""


def mistakes(token: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """The mistakes in the inputs of a resource, one line each, which starts with the input's path.

    Mistakes are names that pulumi-aws does not know, values of the wrong type, nulls within lists, and enum values that
    AWS does not accept.
    """
    _, module, kind = token.split(":")
    folder = module.partition("/")[0]
    place = _Place("", kind, kind, _AWS_SERVICES.get(folder, (folder,)))
    yield from _object_mistakes(place, inputs, properties(token))


def _object_mistakes(place: _Place, value: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    for name, item in value.items():
        path = f"{place.path}.{name}".lstrip(".")
        if name not in known:
            yield f"{path}: pulumi-aws does not know it; it knows {', '.join(sorted(known))}"
        elif item is not None:  # an optional field, left out
            yield from _value_mistakes(_Place(path, place.name, name, place.services), item, known[name])


def _value_mistakes(place: _Place, value: Any, kind: Any) -> Iterator[str]:
    if isinstance(value, Unknown) or kind is Any:
        return
    expected = _expected(kind)
    if value is None:
        yield f"{place.path}: is null; leave it out, or give the output of a resource that has one"
    elif not _fits(value, expected):
        yield f"{place.path}: {value!r} is of type {type(value).__name__}, not {expected.__name__}"
    elif expected is list:
        for index, item in enumerate(value):
            yield from _value_mistakes(place._replace(path=f"{place.path}[{index}]"), item, get_args(kind)[0])
    elif expected is Mapping:
        for key, item in value.items():
            within = _Place(f"{place.path}.{key}", place.name, key, ())
            yield from _value_mistakes(within, item, get_args(kind)[1])
    elif expected is dict:
        yield from _object_mistakes(place, value, _types.output_type_types(kind))
    elif expected is str:
        allowed = _allowed(place)
        if allowed and value not in allowed:
            yield f"{place.path}: AWS does not accept {value!r}; it accepts {', '.join(sorted(allowed))}"


def _expected(kind: Any) -> type:
    """The wire type of a property's values: a list, a map, an object (`dict`), an archive or a scalar."""
    origin = get_origin(kind) or kind
    if {Archive, Asset} & {kind, *get_args(kind)}:
        return Archive
    if origin in (str, bool, int, float):
        return origin
    if issubclass(origin, Sequence):
        return list
    if issubclass(origin, Mapping) and origin.__module__ == Mapping.__module__:
        return Mapping
    return dict


def _fits(value: Any, expected: type) -> bool:
    if expected is Archive:
        return isinstance(value, (Archive, Asset))
    if expected is int:  # all numbers are floats in wire form
        return isinstance(value, float) and value.is_integer()
    return type(value) is (dict if expected is Mapping else expected)


def _allowed(place: _Place) -> frozenset[str]:
    """The values that AWS accepts; empty if it takes any text.

    They are looked up under AWS's name: in the object of the same name; else by its name alone, or with the object's
    name before it (`attributes[].type` is `AttributeType`), if every member of that name is an enum.
    """
    holder, name = place.holder.lower(), place.name.lower()
    exact = [
        values
        for service in place.services
        for (owner, member), values in _enums(service).items()
        if member == name and owner.removesuffix("s") == holder.removesuffix("s")
    ]
    for enums in (exact, _named(place.services, name), _named(place.services, holder.removesuffix("s") + name)):
        if enums:
            return frozenset().union(*enums) if all(enums) else frozenset()
    return frozenset()


def _named(services: Iterable[str], name: str) -> list[frozenset[str]]:
    return [values for service in services for (_, member), values in _enums(service).items() if member == name]


@functools.cache
def _enums(service: str) -> dict[tuple[str, str], frozenset[str]]:
    """The text members of a service's requests: (holder, name), in lower case -> values, empty for any text.

    The holder of an operation's input is the operation's object: `function` for CreateFunction.
    """
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return {}
    model = session.get_service_model(service)
    enums: dict[tuple[str, str], frozenset[str]] = {}
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[str, Shape | None]] = [
        (re.sub("^(create|put|update|set)", "", name.lower()), model.operation_model(name).input_shape)
        for name in model.operation_names
        if not name.startswith(("List", "Get", "Describe"))
    ]
    while waiting:
        holder, shape = waiting.pop()
        if shape is None or (holder, shape.name) in seen:
            continue
        seen.add((holder, shape.name))
        for name, member in getattr(shape, "members", {}).items():
            inner = member.member if member.type_name == "list" else member
            if inner.type_name == "string":
                at = (holder, name.lower())
                enums[at] = enums.get(at, frozenset()) | frozenset(inner.enum)
            waiting.append((name.lower(), inner))
    return enums
