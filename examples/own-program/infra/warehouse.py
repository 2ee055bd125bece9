"""Orders, and the files of them that the warehouse's system reads."""

from typing import NotRequired, TypedDict

import pulumi
from handlers.warehouse import environment
from sluice.components.bucket import Bucket
from sluice.components.filters import pattern
from sluice.components.iam import allow
from sluice.components.operations import Operations
from sluice.components.stream_consumer import FAILURES_PREFIX
from sluice.components.stream_pipeline import StreamPipeline

_FAILURES_KEPT_DAYS = 30


class WarehouseArgs(TypedDict):
    """Arguments of a warehouse."""

    code: pulumi.Archive
    """The code of its function."""
    operations: NotRequired[Operations]


class Warehouse(pulumi.ComponentResource):
    """A warehouse (`warehouse:index:Warehouse`).

    It makes:

    - a table of orders, and a function that writes a file for each new order;
    - a bucket for the files, and one for orders that cannot be written.
    """

    table_name: pulumi.Output[str]

    def __init__(self, name: str, args: WarehouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("warehouse:index:Warehouse", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        operations = args.get("operations", Operations())
        self.files = Bucket(f"{name}-files", {"operations": operations}, child)
        self.failures = Bucket(
            f"{name}-failures",
            {
                "lifecycle": [{"prefix": FAILURES_PREFIX, "expire_days": _FAILURES_KEPT_DAYS}],
                "operations": operations,
            },
            child,
        )
        self.orders = StreamPipeline(
            f"{name}-orders",
            {
                "partition_key": {"name": environment.ORDER_ID},
                "failures_bucket_arn": self.failures.arn,
                "consumers": {
                    "writer": {
                        "handler": environment.HANDLER,
                        "code": args["code"],
                        "description": "Writes each new order as XML",
                        "filters": [pattern({"events": ["INSERT"]})],
                        "environment": {environment.BUCKET: self.files.name},
                        "statements": [
                            allow("WriteFiles", ["s3:PutObject"], [pulumi.Output.concat(self.files.arn, "/orders/*")])
                        ],
                        "maximum_retry_attempts": 2,
                    }
                },
                "operations": operations,
            },
            child,
        )
        self.table_name = self.orders.tables.apply(lambda tables: tables["made"]["name"])
        self.register_outputs({"tableName": self.table_name})
