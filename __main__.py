"""Sluice: three event pipelines, per environment. Settings in, pipelines, outputs out."""

import pulumi

from infra.archiver import archive_bucket, archiver
from infra.bucket import Bucket
from infra.monitoring import Monitoring
from infra.operations import Operations, with_pipeline
from infra.settings import load_stack
from infra.stream_pipeline import StreamPipeline

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

# Stream: a table -> its changes -> an audit trail in S3.
stream_operations = with_pipeline(operations, "stream")
archive = Bucket(f"{name}-archive", archive_bucket(stream_operations))
stream = StreamPipeline(
    f"{name}-stream",
    {
        "partition_key": {"name": settings.stream.partition_key},
        "table_name": settings.stream.table_name,
        "failures": archive,
        "operations": stream_operations,
    },
)
retries = {
    "maximum_retry_attempts": settings.stream.maximum_retry_attempts,
    "maximum_record_age_seconds": settings.stream.maximum_record_age_seconds,
}
archiving = stream.subscribe("archiver", {**archiver(archive.name, archive.arn, settings.stream.archive), **retries})

pulumi.export("stream_table_name", stream.table_name)
pulumi.export("stream_table_arn", stream.table_arn)
pulumi.export("stream_arn", stream.stream_arn)
pulumi.export("archiver_function_name", archiving.function.name)
pulumi.export("archive_bucket_name", archive.name)
pulumi.export("alarm_topic_arn", monitoring.topic_arn)
pulumi.export("region", settings.region)
pulumi.export("environment", settings.environment)
