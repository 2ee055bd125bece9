"""Roster, another team's project beside a Sluice stack: who joined and who left, and uploads by a partner."""

from pathlib import Path

import pulumi

from infra.code import archive
from infra.iam import allow
from infra.operations import Operations
from infra.table import Table
from roster import environment
from sluice.outputs import SluiceOutputs
from subscription import ArchiveSubscription
from uploader import Uploader

config = pulumi.Config()
sluice = SluiceOutputs.from_stack(config.require("sluiceStack"))
name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
operations: Operations = {
    "tags": {
        "project": pulumi.get_project(),
        "environment": pulumi.get_stack(),
        "owner": config.require("owner"),
        "pipeline": "roster",
    },
    "alarm_topic_arn": sluice.alarm_topic_arn,
}

# The archive's new objects -> a function -> a table of who joined and who left, by day.
table = Table(
    f"{name}-days",
    {
        "partition_key": {"name": environment.DAY},
        "sort_key": {"name": environment.EVENT_ID},
        "operations": operations,
    },
)
changes = ArchiveSubscription(
    f"{name}-changes",
    {
        "archive_bucket_name": sluice.archive_bucket_name,
        "handler": environment.HANDLER,
        "code": archive(environment.HANDLER, Path(__file__).parent),
        "description": "Keeps who joined and who left",
        "environment": {environment.TABLE: table.name},
        "statements": [allow("KeepRows", ["dynamodb:BatchWriteItem"], [table.arn])],
        "operations": operations,
    },
)

# A partner -> a role -> the bucket of one of Sluice's imports.
items = sluice.imports["items"]
uploader = Uploader(
    f"{name}-uploader",
    {
        "principal": config.require("uploader"),
        "bucket_name": items.bucket_name,
        "prefix": items.prefix,
        "operations": operations,
    },
)

pulumi.export("table_name", table.name)
pulumi.export("function_name", changes.function.name)
pulumi.export("dead_letter_queue_url", changes.dead_letters.url)
pulumi.export("uploader_role_arn", uploader.role_arn)
pulumi.export("upload_to", pulumi.Output.concat("s3://", items.bucket_name, "/", items.prefix))
