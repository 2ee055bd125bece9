"""Roster, another team's project beside a Sluice stack: who joined and who left, and uploads by a partner."""

from pathlib import Path

import pulumi

from alarms import Watch
from days import Days
from documents import allow
from roster import environment
from sluice.outputs import SluiceOutputs
from subscription import ArchiveSubscription
from uploader import Uploader

config = pulumi.Config()
sluice = SluiceOutputs.from_stack(config.require("sluiceStack"))
name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
tags = {
    "project": pulumi.get_project(),
    "environment": pulumi.get_stack(),
    "owner": config.require("owner"),
    "pipeline": "roster",
}
watch = Watch(sluice.alarm_topic_arn, tags)

# The archive's new objects -> a function -> a table of who joined and who left, by day.
table = Days(f"{name}-days", tags)
modules = sorted((Path(__file__).parent / "roster").glob("*.py"))
changes = ArchiveSubscription(
    f"{name}-changes",
    {
        "archive_bucket_name": sluice.archive_bucket_name,
        "handler": environment.HANDLER,
        "code": pulumi.AssetArchive({f"roster/{path.name}": pulumi.FileAsset(str(path)) for path in modules}),
        "description": "Keeps who joined and who left",
        "environment": {environment.TABLE: table.name},
        "statements": [allow("KeepRows", ["dynamodb:BatchWriteItem"], [table.arn])],
        "watch": watch,
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
        "tags": tags,
    },
)

pulumi.export("table_name", table.name)
pulumi.export("function_name", changes.function.name)
pulumi.export("dead_letter_queue_url", changes.dead_letters.url)
pulumi.export("uploader_role_arn", uploader.role_arn)
pulumi.export("upload_to", pulumi.Output.concat("s3://", items.bucket_name, "/", items.prefix))
