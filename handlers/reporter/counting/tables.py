"""The tables of the account: their names, groups and descriptions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from handlers.reporter.counting.plan import Description
from handlers.reporter.report import FAILED, UNREADABLE, VANISHED
from handlers.reporter.settings import Group
from handlers.shared.aws import dynamodb
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError

TOTALS = "totales"
"""Tables named `<prefix>totales*` hold the totals of some environment and are never counted."""

IN_FLIGHT = 16

# Refusals that say nothing about the table: with other credentials or a corrected clock it may be readable.
_OF_THE_CALLER = (
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
)


def names(client: AwsClient, deadline: float) -> Iterator[str]:
    """Lists the names of all tables, page by page."""
    start: dict[str, str] = {}
    while True:
        page = client.call(dynamodb.request("ListTables", start), deadline=deadline).json()
        yield from page["TableNames"]
        if "LastEvaluatedTableName" not in page:
            return
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}


def by_group(groups: Sequence[Group], names: Iterable[str]) -> Mapping[str, list[str]]:
    """Sorts table names into groups.

    Returns:
        group name -> its tables in alphabetical order; includes every group, and no tables without one.
    """
    members: dict[str, list[str]] = {group.name: [] for group in groups}
    for name in sorted(names):
        for group in groups:
            if name.startswith(group.prefix) and not name.startswith(group.prefix + TOTALS):
                members[group.name].append(name)
    return members


def describe(client: AwsClient, tables: Iterable[str], deadline: float) -> Iterator[tuple[str, Description | AwsError]]:
    """Describes tables by name, several at once, in no order; yields the error of one that cannot be described."""
    requests = (dynamodb.request("DescribeTable", {"TableName": table}, tag=table) for table in tables)
    for request, outcome in client.map(requests, in_flight=IN_FLIGHT, deadline=deadline):
        yield request.tag, outcome if isinstance(outcome, AwsError) else _description(outcome.json()["Table"])


def failed_status(error: AwsError) -> str:
    """Returns the status of a table for which a request failed."""
    if error.code == "ResourceNotFoundException":
        return VANISHED
    refused = 400 <= error.status < 500 and not error.transient and error.code not in _OF_THE_CALLER
    return UNREADABLE if refused else FAILED


def _description(table: dict[str, Any]) -> Description:
    return Description(
        name=table["TableName"],
        status=table["TableStatus"],
        size_bytes=int(table.get("TableSizeBytes", 0)),
        items=int(table.get("ItemCount", 0)),
        key=tuple(element["AttributeName"] for element in table.get("KeySchema", [])),
        provisioned=_provisioned(table),
    )


def _provisioned(table: dict[str, Any]) -> float:
    if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return 0.0
    return float(table.get("ProvisionedThroughput", {}).get("ReadCapacityUnits", 0))  # also 0 for a table on demand
