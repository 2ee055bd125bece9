"""The team's existing tables: looked up in AWS when the stack is deployed, and made by a local stack."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.importer import ImportTableArgs, ImportTargetArgs
from infra.operations import Operations
from infra.stream_pipeline import SourceTableArgs, StreamTablesArgs
from infra.table import Key, KeyType, Table

_BOTH_IMAGES = "NEW_AND_OLD_IMAGES"


class ExistingTables:
    """Finds tables by name.

    In AWS they have to exist. Locally AWS is never asked: each table that the settings name is made once, as they say.
    """

    def __init__(self, name: str, *, make: bool, operations: Operations) -> None:
        """Takes the properties of the tables that are made.

        Args:
            name: The prefix of the names of the resources that are made.
            make: Whether tables are made instead of looked up.
            operations: How the tables that are made are kept.
        """
        self._name, self._make, self._operations = name, make, operations
        self._made: dict[str, SourceTableArgs] = {}
        self._keys: dict[str, tuple[Key, Key | None]] = {}

    def streamed(self, names: Sequence[str], partition_key: Key, sort_key: Key | None) -> StreamTablesArgs:
        """Returns tables whose streams are read, by name.

        Args:
            names: Their names.
            partition_key: The partition key of a table that is made.
            sort_key: The sort key of a table that is made.

        Raises:
            pulumi.RunError: A table does not exist, or has no stream of both images.
        """
        tables = {
            name: self._created(name, partition_key, sort_key) if self._make else _streamed(name) for name in names
        }
        return {"tables": tables}

    def keyed(self, name: str, asked: tuple[Key, Key | None] | None) -> ImportTargetArgs:
        """Returns a table that items are written into, with its keys.

        Args:
            name: Its name.
            asked: What its keys have to be; None where any will do.

        Raises:
            pulumi.RunError: The table does not exist, or has other keys.
        """
        found = self._made_for(name, asked) if self._make else _found(name, asked)
        has, wanted = (found["partition_key"], found.get("sort_key")), asked
        if wanted and _shown(*has) != _shown(*wanted):
            raise pulumi.RunError(
                f"the table {name} has the key {_shown(*has)}, and the settings say {_shown(*wanted)}: mend "
                "partitionKey, sortKey and the types of their columns, or leave them out"
            )
        return found

    def _made_for(self, name: str, asked: tuple[Key, Key | None] | None) -> ImportTargetArgs:
        keys = asked or ({"name": "id"}, None)
        source = self._created(name, *keys)
        partition_key, sort_key = self._keys[name]
        return {
            "table": {"name": source["name"], "arn": source["arn"]},
            "partition_key": partition_key,
            "sort_key": sort_key,
        }

    def _created(self, name: str, partition_key: Key, sort_key: Key | None) -> SourceTableArgs:
        if name not in self._made:
            made = Table(
                f"{self._name}-{name}",
                {
                    "partition_key": partition_key,
                    "sort_key": sort_key,
                    "table_name": name,
                    "stream": True,
                    "operations": self._operations,
                },
            ).table
            source: SourceTableArgs = {"name": made.name, "arn": made.arn, "stream_arn": made.stream_arn}
            self._made[name], self._keys[name] = source, (partition_key, sort_key)
        return self._made[name]


def _streamed(name: str) -> SourceTableArgs:
    table = _look_up(name)
    if not table.stream_enabled or table.stream_view_type != _BOTH_IMAGES:
        has = f"a stream of {table.stream_view_type}" if table.stream_enabled else "no stream"
        first = " (turn the existing stream off first: its view cannot be changed)" if table.stream_enabled else ""
        raise pulumi.RunError(
            f"the table {name} has {has}, but its changes are needed with both images: aws dynamodb update-table "
            f"--table-name {name} --stream-specification StreamEnabled=true,StreamViewType={_BOTH_IMAGES}{first}"
        )
    source: SourceTableArgs = {"name": table.name, "arn": table.arn, "stream_arn": table.stream_arn}
    if key := _key_arn(table):
        source["kms_key_arn"] = key
    return source


def _found(name: str, asked: tuple[Key, Key | None] | None) -> ImportTargetArgs:
    table = _look_up(name)
    types = {attribute.name: KeyType(attribute.type) for attribute in table.attributes}
    if table.hash_key in types:
        sort_key: Key | None = {"name": table.range_key, "type": types[table.range_key]} if table.range_key else None
        keys: tuple[Key, Key | None] = ({"name": table.hash_key, "type": types[table.hash_key]}, sort_key)
    else:  # in a preview without an account
        keys = asked or ({"name": "id"}, None)
    made: ImportTableArgs = {"name": table.name, "arn": table.arn}
    if key := _key_arn(table):
        made["kms_key_arn"] = key
    return {"table": made, "partition_key": keys[0], "sort_key": keys[1]}


def _key_arn(table: aws.dynamodb.GetTableResult) -> str:
    """Returns the ARN of the KMS key that encrypts a table; empty where the key is DynamoDB's own."""
    encryption = table.server_side_encryption
    return encryption.kms_key_arn if encryption and encryption.enabled else ""


def _look_up(name: str) -> aws.dynamodb.GetTableResult:
    try:
        return aws.dynamodb.get_table(name=name)
    except Exception as error:
        raise pulumi.RunError(
            f"the table {name}, which the settings name as an existing table, cannot be looked up: {error}"
        ) from error


def _shown(partition_key: Key | None, sort_key: Key | None) -> str:
    return ", ".join(f"{key['name']} ({key.get('type', 'S')})" for key in (partition_key, sort_key) if key)
