"""What a Sluice stack tells other projects: one definition, exported by the program and read through a stack reference.

In another project, with this repository's `infra` package on its path:

    sluice = SluiceOutputs.from_stack("organization/sluice/dev")
    aws.lambda_.Function(..., environment={"variables": {"BUCKET": sluice.archive_bucket_name}})
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import pulumi


@dataclass(frozen=True, kw_only=True)
class SluiceOutputs:
    """The outputs of a stack; their names and meanings are a contract."""

    stream_table_name: pulumi.Output[str]
    """The table whose changes are streamed."""
    stream_table_arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]
    """Its stream of both images; two consumers read it already, and a shard serves no third."""
    notifier_function_name: pulumi.Output[str]
    archiver_function_name: pulumi.Output[str]
    archive_bucket_name: pulumi.Output[str]
    """The audit trail, below `changes/`; new objects are announced through EventBridge. Batches that exhausted their retries lie
    below `aws/lambda/`."""

    import_bucket_name: pulumi.Output[str]
    import_prefix: pulumi.Output[str]
    """What is put below it is imported."""
    import_table_name: pulumi.Output[str]
    import_table_arn: pulumi.Output[str]
    import_function_name: pulumi.Output[str]
    import_queue_url: pulumi.Output[str]
    import_dead_letter_queue_url: pulumi.Output[str]
    import_ledger_table_name: pulumi.Output[str]
    """One item a file and version, with status and counters."""

    report_bucket_name: pulumi.Output[str]
    """`reports/latest.json` and `.html`, and every report below `reports/date=YYYY-MM-DD/`."""
    report_function_name: pulumi.Output[str]
    report_schedule_name: pulumi.Output[str]
    report_totals_tables: pulumi.Output[Mapping[str, str]]
    """Group -> name of its table of totals."""
    report_prefixes: pulumi.Output[Mapping[str, str]]
    """Group -> what the names of its tables start with."""

    mail_sender: pulumi.Output[str]
    mail_configuration_set_name: pulumi.Output[str]
    alarm_topic_arn: pulumi.Output[str]
    dashboard_name: pulumi.Output[str]
    region: pulumi.Output[str]
    environment: pulumi.Output[str]

    def export(self) -> None:
        """Makes these the outputs of the stack that is being deployed."""
        for field in fields(self):
            pulumi.export(field.name, getattr(self, field.name))

    @classmethod
    def from_stack(cls, name: str, opts: pulumi.ResourceOptions | None = None) -> Self:
        """Reads the outputs of a deployed stack.

        Args:
            name: the stack's full name, `organization/project/stack`.
            opts: options of the stack reference.

        Raises:
            KeyError: an output is missing (when it is resolved); the message names it and the stack.
        """
        reference = pulumi.StackReference(name, opts=opts)

        def required(output: str) -> pulumi.Output[Any]:
            return reference.outputs.apply(lambda found: _named(found, output, name))

        return cls(**{field.name: required(field.name) for field in fields(cls)})


def _named(found: Mapping[str, Any], output: str, stack: str) -> Any:
    if output not in found:
        raise KeyError(
            f"stack {stack} has no output {output}: it is no Sluice stack, or one deployed by an older version"
        )
    return found[output]
