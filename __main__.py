"""Sluice's Pulumi program: makes the pipelines of the settings and exports their outputs."""

from collections.abc import Mapping
from pathlib import Path

import pulumi

from infra import exports, mail_templates, remarks
from infra.archiver import archive_bucket, archiver
from infra.bucket import Bucket
from infra.dashboard import Dashboard
from infra.existing_buckets import existing_bucket
from infra.existing_tables import ExistingTables
from infra.import_pipeline import ImportPipeline
from infra.mailer import Mailer
from infra.monitoring import Monitoring
from infra.notifier import marks_table, notifier
from infra.operations import AlarmChoice, Operations, promise, with_pipeline
from infra.scheduled_reporter import ScheduledReporter
from infra.sending import Sending
from infra.settings import load_stack
from infra.stream_consumer import ConsumerArgs
from infra.stream_pipeline import StreamPipeline
from infra.table import Table
from sluice.outputs import SluiceOutputs

settings = load_stack(Path(__file__).parent)
rules = [rule for stream in settings.streams.values() for rule in stream.rules]
templates = Path(__file__).parent / (settings.mail.templates if settings.mail else "")
mail_templates.check(rules, templates)
remarks.tell(settings)
name = f"{pulumi.get_project()}-{settings.environment}"
alarms = AlarmChoice(settings.operations.alarms)
tags = {
    "project": pulumi.get_project(),
    "environment": settings.environment,
    "owner": settings.operations.owner,
    "pipeline": "shared",
    **promise(alarms),
}

monitoring = Monitoring(f"{name}-monitoring", {"emails": settings.operations.told, "tags": tags})
operations: Operations = {
    "tags": tags,
    "alarm_topic_arn": monitoring.topic_arn,
    "alarms": alarms,
    "runbook_url": settings.operations.runbook_url,
    "log_retention_days": settings.operations.log_retention_days,
    "tracing": settings.operations.tracing,
    "protect": settings.operations.protect,
}


def heir(kind: str, made: Mapping[str, object]) -> pulumi.ResourceOptions | None:
    """Returns the options of a pipeline: the first of its kind takes over the resources of the only one of 0.1."""
    return None if made else pulumi.ResourceOptions(aliases=[pulumi.Alias(name=f"{name}-{kind}")])


existing = ExistingTables(f"{name}-existing", make=settings.environment == "local", operations=operations)

# Mail, where anything is mailed.
mailer, sending = None, None
if settings.mail and settings.mailing:
    mailer = Mailer(
        f"{name}-mail",
        {
            **settings.mail.args(),
            "templates": list(dict.fromkeys(rule["template"] for rule in rules)),
            "templates_folder": str(templates),
            "events_topic_arn": monitoring.topic_arn,
            "operations": operations,
        },
    )
    sending: Sending | None = {
        **mailer.sending,
        "enabled": settings.mail.enabled,
        "only_to": settings.mail.only_to,
    }

# Streams: changes of a table -> an audit trail in S3, and mails.
streams: dict[str, StreamPipeline] = {}
trail = with_pipeline(operations, "stream")
archive = Bucket(f"{name}-archive", archive_bucket(trail)) if settings.streams else None
marks = Table(f"{name}-marks", marks_table(trail)) if any(each.mails for each in settings.streams.values()) else None
for stream, its in settings.streams.items():
    if not archive:
        break
    consumers: dict[str, ConsumerArgs] = {}
    if its.archive:
        consumers["archiver"] = {**archiver(archive.name, archive.arn, its.archive), **its.feed_args(mails=False)}
    if its.mails and mailer and sending and marks:
        mails = notifier(sending, mailer.templates, marks, its.rules, its.address_attribute, its.name_attribute)
        consumers["notifier"] = {**mails, **its.feed_args(mails=True)}
    streams[stream] = StreamPipeline(
        f"{name}-stream-{stream}",
        {
            **(existing.streamed(its.tables, **its.keys) if its.tables else its.args()),
            "failures_bucket_arn": archive.arn,
            "consumers": consumers,
            "operations": with_pipeline(operations, f"stream/{stream}"),
        },
        heir("stream", streams),
    )

# Imports: a file in S3 -> a table.
is_local = settings.environment == "local"
buckets = {bucket: existing_bucket(bucket, is_local, settings.region, operations) for bucket in settings.buckets}
imports: dict[str, ImportPipeline] = {}
for import_, its in settings.imports.items():
    table = existing.keyed(its.table, its.asked_keys) if its.table else None
    bucket = buckets[its.bucket] if its.bucket else None
    imports[import_] = ImportPipeline(
        f"{name}-import-{import_}",
        {**its.args(table, bucket), "operations": with_pipeline(operations, f"import/{import_}")},
        heir("import", imports),
    )

# Reports: a schedule -> counts of all tables by prefix -> totals, a page, a mail.
reports: dict[str, ScheduledReporter] = {}
for report, its in settings.reports.items():
    reports[report] = ScheduledReporter(
        f"{name}-report-{report}",
        {**its.args(settings.environment, sending), "operations": with_pipeline(operations, f"report/{report}")},
        heir("report", reports),
    )

dashboard = Dashboard(
    f"{name}-dashboard",
    {
        "rows": [pipeline.dashboard_row for pipeline in (*streams.values(), *imports.values(), *reports.values())],
        "region": settings.region,
    },
)

SluiceOutputs(
    streams={stream: exports.stream(pipeline) for stream, pipeline in streams.items()},
    imports={import_: exports.import_(pipeline) for import_, pipeline in imports.items()},
    reports={report: exports.report(reporter) for report, reporter in reports.items()},
    archive_bucket_name=exports.nullable(archive and archive.name),
    mail_sender=exports.nullable(sending and sending["sender"]),
    mail_configuration_set_name=exports.nullable(sending and sending["configuration_set_name"]),
    alarm_topic_arn=monitoring.topic_arn,
    dashboard_name=dashboard.name,
    region=pulumi.Output.from_input(settings.region),
    environment=pulumi.Output.from_input(settings.environment),
).export()
