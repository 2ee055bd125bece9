"""Sluice: three event pipelines, per environment. Settings in, pipelines, outputs out."""

import pulumi

from infra import mail_templates
from infra.archiver import archive_bucket, archiver
from infra.bucket import Bucket
from infra.dashboard import Dashboard
from infra.import_pipeline import ImportPipeline
from infra.mail_rules import default_rules
from infra.mailer import Mailer
from infra.monitoring import Monitoring
from infra.notifier import marks_table, notifier
from infra.operations import Operations, with_pipeline
from infra.scheduled_reporter import ScheduledReporter
from infra.sending import Sending
from infra.settings import load_stack
from infra.stream_consumer import MappingArgs
from infra.stream_pipeline import StreamPipeline
from infra.table import Table
from sluice.outputs import SluiceOutputs

settings = load_stack()
mails = default_rules(settings.stream.watch)
mail_templates.check(mails)
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
        "templates": [rule["template"] for rule in mails],
        "events_topic_arn": monitoring.topic_arn,
        "operations": operations,
    },
)

sending: Sending = {**mailer.sending, "enabled": settings.mail.enabled, "only_to": settings.mail.only_to}

# Stream: a table -> its changes -> an audit trail in S3, and mails.
stream_operations = with_pipeline(operations, "stream")
archive = Bucket(f"{name}-archive", archive_bucket(stream_operations))
marks = Table(f"{name}-marks", marks_table(stream_operations))
bounds: MappingArgs = {
    "maximum_retry_attempts": settings.stream.maximum_retry_attempts,
    "maximum_record_age_seconds": settings.stream.maximum_record_age_seconds,
}
stream = StreamPipeline(
    f"{name}-stream",
    {
        "partition_key": {"name": settings.stream.partition_key},
        "table_name": settings.stream.table_name,
        "failures_bucket_arn": archive.arn,
        "consumers": {
            "archiver": {**archiver(archive.name, archive.arn, settings.stream.archive), **bounds},
            "notifier": {**notifier(sending, mailer.templates, marks, mails), **bounds},
        },
        "operations": stream_operations,
    },
)

# Import: a file in S3 -> a table.
imports = ImportPipeline(
    f"{name}-import",
    {**settings.imports.args(), "operations": with_pipeline(operations, "import")},
)

# Report: a schedule -> counts of all tables by prefix -> totals, a page, a mail.
reports = ScheduledReporter(
    f"{name}-report",
    {
        **settings.reports.args(settings.environment),
        "sending": sending,
        "operations": with_pipeline(operations, "report"),
    },
)

dashboard = Dashboard(
    f"{name}-dashboard",
    {
        "rows": [stream.dashboard_row, imports.dashboard_row, reports.dashboard_row],
        "region": settings.region,
    },
)

SluiceOutputs(
    stream_table_name=pulumi.Output.from_input(stream.sources["table"]["name"]),
    stream_table_arn=pulumi.Output.from_input(stream.sources["table"]["arn"]),
    stream_arn=pulumi.Output.from_input(stream.sources["table"]["stream_arn"]),
    notifier_function_name=stream.consumers["notifier"].function.name,
    archiver_function_name=stream.consumers["archiver"].function.name,
    archive_bucket_name=archive.name,
    import_bucket_name=imports.bucket_name,
    import_prefix=pulumi.Output.from_input(imports.prefix),
    import_table_name=imports.table_name,
    import_table_arn=imports.table_arn,
    import_function_name=imports.function.name,
    import_queue_url=imports.queue.url,
    import_dead_letter_queue_url=imports.dead_letters.url,
    import_ledger_table_name=imports.ledger.name,
    report_bucket_name=reports.bucket.name,
    report_function_name=reports.function.name,
    report_schedule_name=reports.schedule.name,
    report_totals_tables=pulumi.Output.all(**reports.totals_tables),
    report_prefixes=pulumi.Output.from_input({group.name: group.prefix for group in settings.reports.groups}),
    mail_sender=pulumi.Output.from_input(sending["sender"]),
    mail_configuration_set_name=pulumi.Output.from_input(sending["configuration_set_name"]),
    alarm_topic_arn=monitoring.topic_arn,
    dashboard_name=dashboard.name,
    region=pulumi.Output.from_input(settings.region),
    environment=pulumi.Output.from_input(settings.environment),
).export()
