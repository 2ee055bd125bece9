"""What a Sluice stack tells other projects: one definition, exported by the program and read through a stack reference.

In another project, with this repository's `infra` package on its path:

    sluice = SluiceOutputs.from_stack("organization/sluice/dev")
    aws.lambda_.Function(..., environment={"variables": {"BUCKET": sluice.archive_bucket_name}})

`examples/consumer/` is such a project.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import pulumi


class MissingOutputError(pulumi.RunError):
    """A stack lacks outputs that every Sluice stack has; the message names them and the stack."""


@dataclass(frozen=True, kw_only=True)
class SluiceOutputs:
    """The outputs of a stack; their names and meanings are a contract."""

    stream_table_name: pulumi.Output[str]
    """The table whose changes are streamed."""
    stream_table_arn: pulumi.Output[str]
    """Its ARN."""
    stream_arn: pulumi.Output[str]
    """Its stream of both images; two consumers read it already, and a shard serves no third."""
    notifier_function_name: pulumi.Output[str]
    """The consumer that mails the people concerned."""
    archiver_function_name: pulumi.Output[str]
    """The consumer that writes the audit trail."""
    archive_bucket_name: pulumi.Output[str]
    """The audit trail, below `changes/`; new objects are announced through EventBridge. Batches that exhausted their
    retries lie below `aws/lambda/`."""

    import_bucket_name: pulumi.Output[str]
    """The bucket for files to import, and for the rows of them that were rejected, below `rejected/`."""
    import_prefix: pulumi.Output[str]
    """What is put below it is imported; it ends with a slash."""
    import_table_name: pulumi.Output[str]
    """The table that files are imported into."""
    import_table_arn: pulumi.Output[str]
    """Its ARN."""
    import_function_name: pulumi.Output[str]
    """The function that imports."""
    import_queue_url: pulumi.Output[str]
    """The queue that feeds it: announcements of new files, and the parts of large ones."""
    import_dead_letter_queue_url: pulumi.Output[str]
    """Where messages of that queue go that failed for good."""
    import_ledger_table_name: pulumi.Output[str]
    """One item a file and version, with status and counters."""

    report_bucket_name: pulumi.Output[str]
    """`reports/latest.json` and `.html`, and every report below `reports/date=YYYY-MM-DD/`."""
    report_function_name: pulumi.Output[str]
    """The function that makes the reports."""
    report_schedule_name: pulumi.Output[str]
    """The EventBridge schedule that runs it."""
    report_totals_tables: pulumi.Output[Mapping[str, str]]
    """Group -> name of its table of totals."""
    report_prefixes: pulumi.Output[Mapping[str, str]]
    """Group -> what the names of its tables start with."""

    mail_sender: pulumi.Output[str]
    """The address that mails are from."""
    mail_configuration_set_name: pulumi.Output[str]
    """SES's configuration set, which every mail is sent with."""
    alarm_topic_arn: pulumi.Output[str]
    """The SNS topic of all alarms; alarms of other projects of the same account may go to it too."""
    dashboard_name: pulumi.Output[str]
    """The CloudWatch dashboard of the pipelines."""
    region: pulumi.Output[str]
    """Where the stack is."""
    environment: pulumi.Output[str]
    """The stack's own name, such as `prod`."""

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
            MissingOutputError: outputs are missing, when they are resolved; Pulumi then shows its message.
        """
        reference = pulumi.StackReference(name, opts=opts)
        outputs = reference.outputs.apply(lambda outputs: _complete(cls, outputs, name))
        return cls(**{field.name: outputs[field.name] for field in fields(cls)})


def _complete(cls: type[SluiceOutputs], outputs: Mapping[str, Any], stack: str) -> Mapping[str, Any]:
    missing = [field.name for field in fields(cls) if field.name not in outputs]
    if missing:
        raise MissingOutputError(
            f"stack {stack} has no output {', '.join(missing)}: "
            "it is no Sluice stack, or an older version deployed it; deploy it with this one"
        )
    return outputs
