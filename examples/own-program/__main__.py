"""The warehouse's Pulumi program: each new order reaches the warehouse's system as an XML file."""

from pathlib import Path

import pulumi
import pulumi_aws as aws
from handlers.warehouse import environment
from infra.warehouse import Warehouse
from sluice.components.code import archive
from sluice.components.monitoring import Monitoring
from sluice.components.operations import Operations

config = pulumi.Config()
name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
tags = {"project": pulumi.get_project(), "environment": pulumi.get_stack()}
monitoring = Monitoring(f"{name}-monitoring", {"emails": config.require_object("alarmEmails"), "tags": tags})
operations: Operations = {
    "tags": tags,
    "alarm_topic_arn": monitoring.topic_arn,
    "runbook_url": config.require("runbookUrl"),
}

warehouse = Warehouse(name, {"code": archive(environment.HANDLER, Path(__file__).parent), "operations": operations})

pulumi.export("table_name", warehouse.table_name)
pulumi.export("files_bucket_name", warehouse.files.name)
# `sluice failures` and similar commands look for these two.
pulumi.export("archive_bucket_name", warehouse.failures.name)
pulumi.export("region", aws.get_region_output().region)
