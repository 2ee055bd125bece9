"""The forms in which Pulumi shows a stack to its policies, made from what the program registered.

- `inputs`: what the program gave, as each resource is asked about before it is made.
- `preview`: with it, as unknown, all that the provider will compute.
- `state`: what the provider keeps of it: texts that were not given are empty, lists too, numbers are 0, and what AWS
  decides is filled in.

Which properties a provider computes pulumi-aws tells: where an input is optional and the output is not, the provider
gives what the program does not. A rule is tested in all of them without doing anything for it.
"""

import functools
import inspect
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from pulumi import Archive, Asset, Output, _types

from policies import resource_types as types
from policies.model import UNKNOWN, Resource, Stack
from policies.pack import registered
from sluice.cloud.program.schema import resource_class

Form = Callable[[Stack], Stack]
DOCUMENTS = ("policy", "assumeRolePolicy")


class Member(NamedTuple):
    """A property of a resource type, or of an object in one."""

    name: str
    kind: Any
    """Its type, `Optional` taken off."""
    computed: bool
    """It is there although the program need not give it."""


def previewed(stack: Stack) -> Stack:
    """The stack in a preview, as rules get it."""
    shown = {made.urn: made.inputs for made in unsettled(stack).resources}
    return _each(stack, lambda made: registered(shown[made.urn], dependent(stack, made)))


def unsettled(stack: Stack) -> Stack:
    """The stack in a preview, as the engine hands it to the pack: what the provider will compute is unknown."""
    return _each(stack, lambda made: {**dict.fromkeys(_computed(made), UNKNOWN), **_opened(made)})


def kept(stack: Stack) -> Stack:
    """The stack as it is once it is made."""
    return _each(stack, lambda made: _state(stack, made))


FORMS: dict[str, Form] = {"inputs": lambda stack: stack, "preview": previewed, "state": kept}


def dependent(stack: Stack, resource: Resource) -> set[str]:
    """The inputs of a resource that hold something of another."""
    behind = [made for made in stack.resources if made.urn in resource.dependencies]
    handles = [handle for made in behind for handle in made.handles]
    return {
        name
        for name, value in resource.inputs.items()
        if (behind and _holds_unknown(value)) or any(handle in repr(value) for handle in handles)
    }


def _holds_unknown(value: Any) -> bool:
    within = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return value is UNKNOWN or any(map(_holds_unknown, within))


def _each(stack: Stack, inputs: Callable[[Resource], dict[str, Any]]) -> Stack:
    return Stack(stack.environment, [replace(made, inputs=inputs(made)) for made in stack.resources])


# What pulumi-aws tells.


@functools.cache
def _members(holder: type) -> tuple[Member, ...]:
    return tuple(_found(holder))


def _found(holder: type) -> Iterator[Member]:
    for ours, name, getter in _types._py_properties(holder):
        hint = get_type_hints(getter.fget)["return"]
        (hint,) = get_args(hint) if get_origin(hint) is Output else (hint,)
        given = [kind for kind in get_args(hint) if kind is not NoneType]
        optional = NoneType in get_args(hint)
        yield Member(name, given[0] if optional else hint, not optional and ours not in _required(holder))


@functools.cache
def _required(holder: type) -> frozenset[str]:
    """What a program has to give of a resource type, by its names in Python."""
    arguments = getattr(sys.modules[holder.__module__], f"{holder.__name__}Args", None)
    known = inspect.signature(arguments.__init__).parameters.values() if arguments else ()
    return frozenset(each.name for each in known if each.default is each.empty)


def _of(resource: Resource) -> tuple[Member, ...]:
    return _members(resource_class(resource.type)) if resource.type.startswith("aws:") else ()


def _computed(resource: Resource) -> list[str]:
    return [member.name for member in _of(resource) if member.computed and member.name not in resource.inputs]


def _opened(resource: Resource) -> dict[str, Any]:
    """The inputs, where what is not given within an object that the provider computes is unknown."""
    opened = dict(resource.inputs)
    for member in _of(resource):
        value = resource.inputs.get(member.name)
        if member.computed and isinstance(value, Mapping) and _is_object(member.kind):
            opened[member.name] = {**{each.name: UNKNOWN for each in _members(member.kind)}, **value}
    return opened


def _is_object(kind: Any) -> bool:
    return isinstance(kind, type) and _types.is_output_type(kind)


# What a provider keeps.


def _state(stack: Stack, resource: Resource) -> dict[str, Any]:
    state = _filled(_of(resource), resource.inputs)
    for path, value in _decided(stack, resource).items():
        _put_in(state, path.split("."), value)
    return {name: _as_aws_writes(value) if name in DOCUMENTS else value for name, value in state.items()}


def _filled(members: Collection[Member], given: Mapping[str, Any]) -> dict[str, Any]:
    """An object with everything that was left out."""
    filled = dict(given)
    for member in members:
        value = filled.get(member.name)
        if value is not None:
            filled[member.name] = _deepened(member.kind, value)
        elif (empty := _empty(member.kind)) is not None:
            filled[member.name] = empty
    return filled


def _deepened(kind: Any, value: Any) -> Any:
    if _is_object(kind) and isinstance(value, Mapping):
        return _filled(_members(kind), value)
    if isinstance(value, list) and get_args(kind):
        return [_deepened(get_args(kind)[0], item) for item in value]
    return value


def _empty(kind: Any) -> Any:
    origin = get_origin(kind) or kind
    if _is_object(origin) or {Archive, Asset} & {kind, *get_args(kind)} or not isinstance(origin, type):
        return None
    if origin in (str, bool, int, float):
        return origin()
    return [] if issubclass(origin, Sequence) else {}


def _put_in(state: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Sets what AWS decides, where the program has not."""
    name, *rest = path
    if rest:
        if isinstance(state.get(name), dict):
            _put_in(state[name], rest, value)
    elif not state.get(name):
        state[name] = value


def _decided(stack: Stack, resource: Resource) -> dict[str, Any]:
    """What AWS, or the provider for it, puts where the program says nothing: dotted path -> value."""
    known: dict[str, dict[str, Any]] = {
        types.BUCKET: {"policy": _policy(stack, resource, types.BUCKET_POLICY, "bucket")},
        types.EVENT_RULE: {"eventBusName": "default", "state": "ENABLED"},
        types.EVENT_TARGET: {"eventBusName": "default"},
        types.FUNCTION: {
            "loggingConfig.logGroup": f"/aws/lambda/{resource.name}",
            "memorySize": 128.0,
            "packageType": "Zip",
            "timeout": 3.0,
        },
        types.MAPPING: {"maximumRetryAttempts": -1.0, "maximumRecordAgeInSeconds": -1.0},
        types.QUEUE: {
            "messageRetentionSeconds": 345_600.0,
            "policy": _policy(stack, resource, types.QUEUE_POLICY, "queueUrl"),
            "visibilityTimeoutSeconds": 30.0,
        },
        types.ROLE: {"path": "/", "inlinePolicies": [{"name": "", "policy": ""}]},
        types.SCHEDULE: {
            "groupName": "default",
            "target.retryPolicy": {"maximumEventAgeInSeconds": 86_400.0, "maximumRetryAttempts": 185.0},
        },
        types.TABLE: {"pointInTimeRecovery": {"enabled": False, "recoveryPeriodInDays": 0.0}},
        types.TOPIC: {"policy": _policy(stack, resource, types.TOPIC_POLICY, "arn") or _of_a_new_topic(resource)},
    }
    return known.get(resource.type, {})


def _policy(stack: Stack, resource: Resource, type_: str, *path: str) -> str:
    """What a policy of its own says, which AWS shows as a part of the resource too."""
    documents = [made.value("policy") for made in stack.referring(resource, type_, *path)]
    return next((document for document in documents if isinstance(document, str)), "")


def _of_a_new_topic(topic: Resource) -> str:
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
        "Resource": topic.arn or "",
        "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


def _as_aws_writes(document: Any) -> Any:
    """A policy document as AWS gives it back: compact, and lists of one member without the list."""
    if not isinstance(document, str) or not document.startswith("{"):
        return document
    return json.dumps(_single(json.loads(document)), separators=(",", ":"))


def _single(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _single(held) for name, held in value.items()}
    if isinstance(value, list):
        return _single(value[0]) if len(value) == 1 else [_single(item) for item in value]
    return value
