"""A DynamoDB table as every pipeline uses it: on demand, encrypted, protected where the stack protects."""

import enum
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.operations import Operations, data_options

_COLD_READ_UNITS = 12_000
"""Read units a second that a new on-demand table takes."""


class KeyType(enum.StrEnum):
    """The type of a key attribute's values."""

    S = "S"
    """Strings."""
    N = "N"
    """Numbers."""
    B = "B"
    """Bytes."""


class Key(TypedDict):
    """A key attribute."""

    name: str
    """Its name."""
    type: NotRequired[KeyType]
    """The type of its values; `S` by default."""


class Index(TypedDict):
    """A secondary index of the items that have both of its keys, which are strings; it holds all attributes."""

    name: str
    partition_key: str
    sort_key: str


class TableKeys(TypedDict):
    """The keys of a table."""

    partition_key: Key
    sort_key: Key | None


class TableArgs(TypedDict):
    """Arguments of a table."""

    partition_key: Key
    sort_key: NotRequired[Key | None]
    table_name: NotRequired[str | None]
    """The physical name; named automatically when left out."""
    stream: NotRequired[bool]
    """Whether changes are streamed, with new and old images; off by default."""
    expires_by: NotRequired[str]
    """The attribute that holds an item's expiry as epoch seconds."""
    index: NotRequired[Index]
    warm_write_units: NotRequired[int]
    """The warm throughput in write units a second, 4,000 or more; 0: that of any new table. It is set when the table is
    made and never changed."""
    operations: NotRequired[Operations]


class Table(Component):
    """A table (`sluice:index:Table`).

    It makes:

    - a DynamoDB table on demand, encrypted with DynamoDB's own key; where the stack protects, with deletion protection
      and point-in-time recovery, and kept when the stack is destroyed. Changing a key or its type replaces the table.
    """

    table: aws.dynamodb.Table
    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Table", name, args.get("operations"), opts)
        self.table = self._create_table(args)
        self.name, self.arn = self.table.name, self.table.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _create_table(self, args: TableArgs) -> aws.dynamodb.Table:
        protect = self._operations.get("protect", False)
        sort_key = args.get("sort_key")
        keys = {key["name"]: KeyType(key.get("type", "S")).value for key in (args["partition_key"], sort_key) if key}
        expiry, index = args.get("expires_by"), args.get("index")
        indexed = {index["partition_key"]: "S", index["sort_key"]: "S"} if index else {}
        options = data_options(self, self._operations)
        # The provider sees no change where only a key's type changes (pulumi-aws#1057), so the engine has to. The
        # first time it sees the trigger, it only records it.
        options.replacement_trigger = " ".join(f"{name}:{kind}" for name, kind in keys.items())
        warm = int(args.get("warm_write_units", 0))
        if "warm_write_units" in args:
            # The warm throughput grows with use, and the provider replaces a table whose value is to be lowered.
            options.ignore_changes = ["warmThroughput"]
        return aws.dynamodb.Table(
            self._name,
            name=args.get("table_name"),
            billing_mode="PAY_PER_REQUEST",
            hash_key=args["partition_key"]["name"],
            range_key=sort_key["name"] if sort_key else None,
            attributes=[{"name": name, "type": kind} for name, kind in {**keys, **indexed}.items()],
            global_secondary_indexes=[
                {
                    "name": index["name"],
                    "hash_key": index["partition_key"],
                    "range_key": index["sort_key"],
                    "projection_type": "ALL",
                }
            ]
            if index
            else None,
            stream_enabled=True if args.get("stream") else None,
            stream_view_type="NEW_AND_OLD_IMAGES" if args.get("stream") else None,
            warm_throughput={"read_units_per_second": _COLD_READ_UNITS, "write_units_per_second": warm}
            if warm
            else None,
            ttl={"attribute_name": expiry, "enabled": True} if expiry else None,
            deletion_protection_enabled=protect,
            point_in_time_recovery={"enabled": protect},
            tags=self._operations.get("tags"),
            opts=options,
        )
