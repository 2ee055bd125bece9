"""The outputs of a stack's pipelines, for other projects."""

from typing import Any

import pulumi

from infra.import_pipeline import ImportPipeline
from infra.scheduled_reporter import ScheduledReporter
from infra.stream_pipeline import StreamPipeline
from sluice import outputs


def nullable(value: Any) -> pulumi.Output[Any]:
    """Returns a value that may be missing as an output that may be null."""
    return pulumi.Output.from_input(value)


def stream(pipeline: StreamPipeline) -> outputs.Stream:
    """Returns the outputs of a stream."""
    archiver, notifier = (pipeline.consumers.get(name) for name in ("archiver", "notifier"))
    return outputs.Stream(
        tables=[
            outputs.StreamTable(
                name=pulumi.Output.from_input(source["name"]),
                arn=pulumi.Output.from_input(source["arn"]),
                stream_arn=pulumi.Output.from_input(source["stream_arn"]),
                archiver_mapping_id=nullable(archiver and archiver.mappings[label].uuid),
                notifier_mapping_id=nullable(notifier and notifier.mappings[label].uuid),
            )
            for label, source in pipeline.sources.items()
        ],
        archiver_function_name=nullable(archiver and archiver.function.name),
        archiver_function_arn=nullable(archiver and archiver.function.arn),
        notifier_function_name=nullable(notifier and notifier.function.name),
        notifier_function_arn=nullable(notifier and notifier.function.arn),
    )


def import_(pipeline: ImportPipeline) -> outputs.Import:
    """Returns the outputs of an import."""
    return outputs.Import(
        bucket_name=pipeline.bucket_name,
        prefix=pulumi.Output.from_input(pipeline.prefix),
        table_name=pipeline.table_name,
        table_arn=pipeline.table_arn,
        function_name=pipeline.function.name,
        function_arn=pipeline.function.arn,
        queue_url=pipeline.queue.url,
        dead_letter_queue_url=pipeline.dead_letters.url,
        ledger_table_name=pipeline.ledger.name,
    )


def report(reporter: ScheduledReporter) -> outputs.Report:
    """Returns the outputs of a report."""
    return outputs.Report(
        bucket_name=reporter.bucket.name,
        function_name=reporter.function.name,
        function_arn=reporter.function.arn,
        schedule_name=reporter.schedule.name,
        totals_tables=pulumi.Output.all(**reporter.totals_tables),
        prefixes=pulumi.Output.from_input(reporter.prefixes),
    )
