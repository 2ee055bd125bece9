"""What pulumi-aws knows of resource types and AWS of their enums: read from the packages, nothing is listed by hand."""

import functools
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import botocore.session
from pulumi import Asset, FileArchive, _types
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
    package, module, kind = token.split(":")
    folder = module.partition("/")[0]
    if package != "aws":
        raise UnknownTypeError(f"{token}: only resources of pulumi-aws are known")
    try:
        found = getattr(importlib.import_module(f"pulumi_aws.{_MODULES.get(folder, folder)}"), kind)
    except (ImportError, AttributeError):
        raise UnknownTypeError(f"{token}: pulumi-aws has no such resource") from None
    return _types.resource_types(found)


def mistakes(token: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the inputs of a resource: names that pulumi-aws does not know, values of the wrong type, and enum
    values that AWS does not accept. Each is one line that starts with the input's path.
    """
    folder = token.split(":")[1].partition("/")[0]
    yield from _object_mistakes("", inputs, properties(token), _AWS_SERVICES.get(folder, (folder,)))


def _object_mistakes(
    path: str, value: Mapping[str, Any], known: Mapping[str, Any], services: Sequence[str]
) -> Iterator[str]:
    for name, held in value.items():
        if name not in known:
            yield f"{path}{name}: pulumi-aws does not know it; it knows {', '.join(sorted(known))}"
        else:
            yield from _value_mistakes(f"{path}{name}", name, held, known[name], services)


def _value_mistakes(path: str, name: str, value: Any, kind: Any, services: Sequence[str]) -> Iterator[str]:
    if value is None or isinstance(value, (Unknown, Asset, FileArchive)):
        return
    origin = get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for place, item in enumerate(value):
            yield from _value_mistakes(f"{path}[{place}]", name, item, get_args(kind)[0], services)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no map"
    elif kind in (str, bool, int, float):
        yield from _scalar_mistakes(path, name, value, kind, services)
    elif isinstance(kind, type) and hasattr(kind, "__module__") and kind.__module__.startswith("pulumi_aws"):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
            return
        yield from _object_mistakes(f"{path}.", value, _types.output_type_types(kind), services)


def _scalar_mistakes(path: str, name: str, value: Any, kind: type, services: Sequence[str]) -> Iterator[str]:
    found = type(value)
    right = found is float and value.is_integer() if kind is int else found is kind
    if not right:
        yield f"{path}: {value!r} is a {found.__name__}, not a {kind.__name__}"
    elif kind is str:
        allowed = frozenset().union(*(_enums(service).get(name.lower(), frozenset()) for service in services))
        if allowed and value not in allowed:
            yield f"{path}: AWS does not accept {value!r}; it accepts {', '.join(sorted(allowed))}"


@functools.cache
def _enums(service: str) -> dict[str, frozenset[str]]:
    """The enums of a service's requests: member name in lower case -> values, those of members of one name together."""
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return {}
    model = session.get_service_model(service)
    found: dict[str, frozenset[str]] = {}
    seen: set[str] = set()
    waiting = [
        model.operation_model(name).input_shape
        for name in model.operation_names
        if not name.startswith(("List", "Get", "Describe"))
    ]
    while waiting:
        shape = waiting.pop()
        if shape is None or shape.name in seen:
            continue
        seen.add(shape.name)
        for name, member in getattr(shape, "members", {}).items():
            inner = member.member if member.type_name == "list" else member
            values = frozenset(getattr(inner, "enum", ()))
            found[name.lower()] = (
                found.get(name.lower(), frozenset()) | values if values else found.get(name.lower(), frozenset())
            )
            waiting.append(inner)
    return found
