"""Sluice: three event pipelines, per environment. Settings in, pipelines, outputs out."""

import pulumi

from infra.archiver import archive_bucket, archiver
from infra.bucket import Bucket
from infra.mailer import Mailer
from infra.monitoring import Monitoring
from infra.notifier import TEMPLATES, marks_table, notifier
from infra.operations import Operations, with_pipeline
from infra.settings import load_stack
from infra.stream_pipeline import StreamPipeline
from infra.table import Table

settings = load_stack()
name = f"{pulumi.get_project()}-{settings.environment}"
tags = {
    "project": pulumi.get_project(),
    "environment": settings.environment,
    "owner": settings.operations.owner,
    "pipeline": "shared",
}

monitoring = Monitoring(f"{name}-monitoring", {"emails": settings.operations.alarm_emails, "tags": tags})
operations: Operations = {
    "tags": tags,
    "alarm_topic_arn": monitoring.topic_arn,
    "log_retention_days": settings.operations.log_retention_days,
    "tracing": settings.operations.tracing,
    "protect": settings.operations.protect,
}

mailer = Mailer(
    f"{name}-mail",
    {
        "sender": settings.mail.sender,
        "domain": settings.mail.domain,
        "create_identity": settings.mail.create_identity,
        "templates": TEMPLATES,
        "events_topic_arn": monitoring.topic_arn,
        "operations": operations,
    },
)

# Stream: a table -> its changes -> an audit trail in S3, and mails.
stream_operations = with_pipeline(operations, "stream")
archive = Bucket(f"{name}-archive", archive_bucket(stream_operations))
marks = Table(f"{name}-marks", marks_table(stream_operations))
stream = StreamPipeline(
    f"{name}-stream",
    {
        "partition_key": {"name": settings.stream.partition_key},
        "table_name": settings.stream.table_name,
        "failures": archive,
        "maximum_retry_attempts": settings.stream.maximum_retry_attempts,
        "maximum_record_age_seconds": settings.stream.maximum_record_age_seconds,
        "operations": stream_operations,
    },
)
archiving = stream.subscribe("archiver", archiver(archive.name, archive.arn, settings.stream.archive))
notifying = stream.subscribe(
    "notifier",
    notifier(
        mailer,
        marks,
        watch=settings.stream.watch,
        enabled=settings.mail.enabled,
        only_to=settings.mail.only_to,
    ),
)

pulumi.export("stream_table_name", stream.table_name)
pulumi.export("stream_table_arn", stream.table_arn)
pulumi.export("stream_arn", stream.stream_arn)
pulumi.export("notifier_function_name", notifying.function.name)
pulumi.export("archiver_function_name", archiving.function.name)
pulumi.export("archive_bucket_name", archive.name)
pulumi.export("mail_sender", mailer.sender)
pulumi.export("mail_configuration_set_name", mailer.configuration_set_name)
pulumi.export("alarm_topic_arn", monitoring.topic_arn)
pulumi.export("region", settings.region)
pulumi.export("environment", settings.environment)
