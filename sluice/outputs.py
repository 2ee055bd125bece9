"""The outputs of a Sluice stack: one definition, exported by the program and read through a stack reference.

In another project:

    sluice = SluiceOutputs.from_stack("organization/sluice/dev")
    aws.lambda_.Function(..., environment={"variables": {"TABLE": sluice.streams["users"].tables[0].name}})

`examples/consumer/` is such a project.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Self, TypeVar, get_args, get_origin, get_type_hints, overload

import pulumi

CONTRACT = 2
"""The version of the outputs' names and meanings, independent of Sluice's version."""

NullableText = Annotated[pulumi.Output[str], "null where there is none"]
"""A text that may be null; its type is that of a text, for programs that know that there is one."""

_T = TypeVar("_T")


class MissingOutputError(pulumi.RunError):
    """A stack lacks outputs that every Sluice stack has; the message names them and the stack."""


@dataclass(frozen=True, kw_only=True)
class StreamTable:
    """A table of a stream."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]
    """Its stream of both images; if both consumers read it, its shards serve no third reader."""
    archiver_mapping_id: NullableText
    """The event source mapping that feeds the archiver; null if the stream has none."""
    notifier_mapping_id: NullableText
    """The event source mapping that feeds the notifier; null if the stream has none."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A stream pipeline."""

    tables: Sequence[StreamTable]
    """The tables whose changes it follows, at least one."""
    archiver_function_name: NullableText
    """The consumer that writes the audit trail; null if there is none."""
    archiver_function_arn: NullableText
    notifier_function_name: NullableText
    """The consumer that mails the people concerned; null if there is none."""
    notifier_function_arn: NullableText


@dataclass(frozen=True, kw_only=True)
class Import:
    """An import pipeline."""

    bucket_name: pulumi.Output[str]
    """The bucket for files to import, and for their rejected rows, below `rejected/`."""
    prefix: pulumi.Output[str]
    """Files below it are imported; it ends with a slash."""
    table_name: pulumi.Output[str]
    """The table that files are imported into."""
    table_arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    """The function that imports."""
    function_arn: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    """The queue that feeds it: events about new files, and the parts of large ones."""
    dead_letter_queue_url: pulumi.Output[str]
    """The queue for its messages that failed for good."""
    ledger_table_name: pulumi.Output[str]
    """One item for each file and version, with status and counters."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A scheduled report."""

    bucket_name: pulumi.Output[str]
    """`reports/latest.json` and `.html`, and every report below `reports/date=YYYY-MM-DD/`."""
    function_name: pulumi.Output[str]
    """The function that makes the reports."""
    function_arn: pulumi.Output[str]
    schedule_name: pulumi.Output[str]
    """The EventBridge schedule that runs it."""
    totals_tables: pulumi.Output[Mapping[str, str]]
    """Group -> name of its table of totals."""
    prefixes: pulumi.Output[Mapping[str, str]]
    """Group -> the prefix of its tables' names."""


@dataclass(frozen=True, kw_only=True)
class SluiceOutputs:
    """The outputs of a stack; their names and meanings are a contract.

    In a stack reference, pipelines are found by their names and tables by their indexes: how many there are is known
    only once the stack has been read.
    """

    streams: Mapping[str, Stream]
    """Name -> stream."""
    imports: Mapping[str, Import]
    """Name -> import."""
    reports: Mapping[str, Report]
    """Name -> report."""

    archive_bucket_name: NullableText
    """The audit trail of all streams, below `changes/`; EventBridge gets an event for each new object. Batches that
    exhausted their retries are below `aws/lambda/`. Null if there is no stream."""
    mail_sender: NullableText
    """The address that mails are from; null if nothing is mailed."""
    mail_configuration_set_name: NullableText
    """SES's configuration set, with which every mail is sent; null if nothing is mailed."""
    alarm_topic_arn: pulumi.Output[str]
    """The SNS topic of all alarms; alarms of other projects of the same account may go to it too."""
    dashboard_name: pulumi.Output[str]
    """The CloudWatch dashboard of the pipelines."""
    region: pulumi.Output[str]
    """The stack's region."""
    environment: pulumi.Output[str]
    """The stack's own name, such as `prod`."""

    def export(self) -> None:
        """Makes these the outputs of the stack that is being deployed."""
        pulumi.export("contract", CONTRACT)
        for field in fields(self):
            pulumi.export(field.name, _plain(getattr(self, field.name)))

    @classmethod
    def from_stack(cls, name: str, opts: pulumi.ResourceOptions | None = None) -> Self:
        """Reads the outputs of a deployed stack.

        Args:
            name: The stack's full name, `organization/project/stack`.
            opts: Options of the stack reference.

        Raises:
            MissingOutputError: It is not a Sluice stack or an older one, or lacks a requested pipeline; raised when the
                output is resolved, and Pulumi then shows the message.
        """
        reference = pulumi.StackReference(name, opts=opts)
        outputs = reference.outputs.apply(lambda outputs: _complete(cls, outputs, name))
        return _read(cls, outputs, f"stack {name}")


def _plain(value: Any) -> Any:
    """Returns outputs in exported form: objects and lists."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(held) for name, held in value.items()}
    return [_plain(held) for held in value] if isinstance(value, list | tuple) else value


def _complete(cls: type[SluiceOutputs], outputs: Mapping[str, Any], stack: str) -> Mapping[str, Any]:
    if "stream_table_name" in outputs and "contract" not in outputs:
        raise MissingOutputError(
            f"stack {stack} was deployed by Sluice 0.1, whose outputs have other names: deploy it with this version"
        )
    hints = get_type_hints(cls, include_extras=True)
    # Pulumi drops outputs that are null, and nulls in objects.
    missing = [field.name for field in fields(cls) if field.name not in outputs and not _may_be_null(hints[field.name])]
    if missing:
        raise MissingOutputError(
            f"stack {stack} has no output {', '.join(missing)}: "
            "it is not a Sluice stack, or an older version deployed it: deploy it with this version"
        )
    return outputs


def _read(kind: type[_T], outputs: pulumi.Output[Any], owner: str) -> _T:
    """Returns outputs as an object of their type: each field is read from the outputs once those are known."""
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{field.name: _field(hints[field.name], outputs, field.name, owner) for field in fields(kind)})  # pyright: ignore[reportArgumentType]


def _field(hint: Any, outputs: pulumi.Output[Any], name: str, owner: str) -> Any:
    held = outputs.apply(lambda values: values.get(name) if _may_be_null(hint) else values[name])
    if get_origin(hint) is Mapping:
        return _Named(get_args(hint)[1], held, owner, name)
    if get_origin(hint) is Sequence:
        return _Listed(get_args(hint)[0], held, owner)
    return held


def _may_be_null(hint: Any) -> bool:
    return get_origin(hint) is Annotated


class _Named(Mapping[str, Any]):
    """The pipelines in a stack reference, by their names."""

    def __init__(self, kind: type, outputs: pulumi.Output[Any], owner: str, section: str) -> None:
        self._kind, self._outputs, self._owner, self._section = kind, outputs, owner, section

    def __getitem__(self, name: str) -> Any:
        return _read(self._kind, self._outputs.apply(lambda held: self._one(held, name)), f"{self._section} {name}")

    def _one(self, held: Mapping[str, Any], name: str) -> Any:
        if name not in held:
            there = f"; it has {', '.join(sorted(held))}" if held else ""
            raise MissingOutputError(f"{self._owner} has no {self._section.removesuffix('s')} {name}{there}")
        return held[name]

    def __iter__(self) -> Iterator[str]:
        raise TypeError(f"the names of {self._section} are known once {self._owner} has been read: ask for one by name")

    def __len__(self) -> int:
        raise TypeError(f"the number of {self._section} is known once {self._owner} has been read")


class _Listed(Sequence[Any]):
    """The tables of a stream in a stack reference, by their indexes."""

    def __init__(self, kind: type, outputs: pulumi.Output[Any], owner: str) -> None:
        self._kind, self._outputs, self._owner = kind, outputs, owner

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            raise TypeError("ask for one table by its place")
        return _read(self._kind, self._outputs.apply(lambda held: self._one(held, place)), self._owner)

    def _one(self, held: Sequence[Any], place: int) -> Any:
        if not -len(held) <= place < len(held):
            raise MissingOutputError(f"{self._owner} has {len(held)} tables; there is none at {place}")
        return held[place]

    def __len__(self) -> int:
        raise TypeError(f"the number of tables is known once {self._owner} has been read")
