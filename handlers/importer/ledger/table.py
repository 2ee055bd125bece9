"""The ledger's table in DynamoDB; the partition key of its items is an object, `bucket/key`.

Expressions use placeholders for all names and values, because DynamoDB reserves many plain words.
"""

import os
from typing import Any

from handlers.importer.queue.messages import File
from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Response

Item = dict[str, dict[str, Any]]
Write = dict[str, dict[str, Any]]
"""Part of a transaction."""


class ChangedError(Exception):
    """A condition did not hold."""


class Expression:
    """The changes and conditions of one request."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: Item = {}
        self._changes: dict[str, list[str]] = {}
        self._conditions: list[str] = []

    def assign(self, **attributes: str | int | bool) -> "Expression":
        """Sets attributes."""
        for name, plain in attributes.items():
            self._change("SET", f"{self._name(name)} = {self._value(plain)}")
        return self

    def assign_once(self, **attributes: str | int) -> "Expression":
        """Sets attributes that are not yet set."""
        for name, plain in attributes.items():
            alias = self._name(name)
            self._change("SET", f"{alias} = if_not_exists({alias}, {self._value(plain)})")
        return self

    def add(self, **attributes: int | set[str]) -> "Expression":
        """Adds to numbers, or adds members to sets."""
        for name, plain in attributes.items():
            self._change("ADD", f"{self._name(name)} {self._value(plain)}")
        return self

    def remove(self, *names: str) -> "Expression":
        """Removes attributes."""
        for name in names:
            self._change("REMOVE", self._name(name))
        return self

    def delete(self, **attributes: set[str]) -> "Expression":
        """Removes members from sets."""
        for name, members in attributes.items():
            self._change("DELETE", f"{self._name(name)} {self._value(members)}")
        return self

    def where(self, name: str, operator: str, plain: str | int) -> "Expression":
        """Requires an attribute to compare like this."""
        self._conditions.append(f"{self._name(name)} {operator} {self._value(plain)}")
        return self

    def without(self, name: str) -> "Expression":
        """Requires an attribute to be absent."""
        self._conditions.append(f"attribute_not_exists({self._name(name)})")
        return self

    def request(self) -> dict[str, Any]:
        """The parameters of the request."""
        changes = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in self._changes.items())
        parameters = {
            "UpdateExpression": changes,
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }
        return {name: parameter for name, parameter in parameters.items() if parameter}

    def _change(self, verb: str, change: str) -> None:
        self._changes.setdefault(verb, []).append(change)

    def _name(self, name: str) -> str:
        self._names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, plain: str | int | bool | set[str]) -> str:
        alias = f":{len(self._values)}"
        self._values[alias] = value(plain)
        return alias


class LedgerTable:
    """The operations that the ledger needs; they raise a `ChangedError` if a condition does not hold."""

    def __init__(self, client: AwsClient, name: str, deadline: float | None = None) -> None:
        """Wraps the table; transient errors are retried until the `deadline`, see `Client`."""
        self._client = client
        self._name = name
        self._deadline = deadline

    def get(self, file: File, version: str) -> Item:
        """Returns an item of the file's object; empty if there is none."""
        payload = {"TableName": self._name, "Key": _key(file, version), "ConsistentRead": True}
        return self._call("GetItem", payload).json().get("Item", {})

    def query(self, file: File, prefix: str) -> list[Item]:
        """Returns the items of the file's object whose versions have the prefix."""
        where = {
            "KeyConditionExpression": "#object = :object AND begins_with(#version, :prefix)",
            "ExpressionAttributeNames": {"#object": "object", "#version": "version"},
            "ExpressionAttributeValues": {":object": value(file.object), ":prefix": value(prefix)},
        }
        payload = {"TableName": self._name, "ConsistentRead": True, **where}
        items: list[Item] = []
        while True:
            page = self._call("Query", payload).json()
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            payload["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def update(self, file: File, version: str, change: Expression) -> None:
        """Changes an item; the change must be safe to repeat."""
        self._change("UpdateItem", {"TableName": self._name, "Key": _key(file, version), **change.request()})

    def transact(self, *writes: Write) -> None:
        """Makes all writes or none."""
        items = [{kind: {"TableName": self._name, **write}} for item in writes for kind, write in item.items()]
        # The token makes a repetition the same transaction.
        self._change("TransactWriteItems", {"TransactItems": items, "ClientRequestToken": os.urandom(16).hex()})

    def _change(self, operation: str, payload: dict[str, Any]) -> None:
        """Makes a change that may be repeated; the client retries while other workers change the same items."""
        try:
            self._call(operation, payload, repeatable=True)
        except AwsError as error:
            if error.code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in error.message:
                raise ChangedError from error
            raise

    def _call(self, operation: str, payload: dict[str, Any], *, repeatable: bool | None = None) -> Response:
        return self._client.call(dynamodb.request(operation, payload, repeatable=repeatable), deadline=self._deadline)


def write(
    kind: str, file: File, version: str, expression: Expression, attributes: dict[str, Any] | None = None
) -> Write:
    """Returns a write of a transaction: `Update` or `ConditionCheck` of an item, or `Put` of its attributes."""
    item = _key(file, version)
    for name, plain in (attributes or {}).items():
        item[name] = value(plain)
    return {kind: {"Item" if attributes else "Key": item, **expression.request()}}


def value(plain: str | int | bool | set[str]) -> dict[str, Any]:
    """Returns the attribute value of a plain value; sets are of strings."""
    if isinstance(plain, bool):
        return {"BOOL": plain}
    if isinstance(plain, int):
        return {"N": str(plain)}
    return {"S": plain} if isinstance(plain, str) else {"SS": sorted(plain)}


def text(item: Item, name: str) -> str:
    """Returns a string of an item; `""` if it has none."""
    return item.get(name, {}).get("S", "")


def number(item: Item, name: str) -> int:
    """Returns a number of an item; 0 if it has none."""
    return int(item.get(name, {}).get("N", 0))


def _key(file: File, version: str) -> Item:
    return {"object": value(file.object), "version": value(version)}
