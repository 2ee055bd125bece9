"""What pulumi-aws knows of a resource type: its class, and the types of its properties as they go over the wire."""

import functools
import importlib
from typing import Any

from pulumi import _types

_MODULES = {"lambda": "lambda_"}


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
