"""Reports count tables by name prefix: does another environment of the account count the same tables?"""

import json
from collections.abc import Iterator
from typing import Any

from sluice.functions import functions
from sluice.pipelines import pipelines
from sluice.readiness.finding import Finding, not_ready, ready
from sluice.target import Target


def prefixes(target: Target) -> Iterator[Finding]:
    """Does no other reporter in this account and region count the tables of this stack's reporters?"""
    own = [(report, prefix) for report in pipelines(target, "reports") for prefix in report["prefixes"].values()]
    shared = [
        not_ready(
            "prefixes",
            f"{report}: {prefix} is counted by {who} too, as {theirs}: each counts and mails the other's tables",
            f"give each environment prefixes of its own in reports.{report.name}.groups, or an account of its own",
        )
        for who, theirs in (_others(target) if own else ())
        for report, prefix in own
        if prefix.startswith(theirs) or theirs.startswith(prefix)
    ]
    yield from shared
    if not shared:
        yield ready("prefixes", "no other reporter of this account and region counts the same tables")


def _others(target: Target) -> Iterator[tuple[str, str]]:
    """The reporters of other stacks, with each of their prefixes."""
    own = {function.name for function in functions(target)}
    for page in target.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if function["FunctionName"] not in own and "REPORT_GROUPS" in variables:
                environment = variables.get("ENVIRONMENT") or "another environment"
                for prefix in _prefixes(variables["REPORT_GROUPS"]):
                    yield f"{environment} ({function['FunctionName']})", prefix


def _prefixes(groups: str) -> Iterator[str]:
    """The prefixes in a reporter's variable; none if it is not a variable of Sluice's reporter."""
    try:
        listed: Any = json.loads(groups)
    except ValueError:
        return
    for group in listed if isinstance(listed, list) else ():
        if isinstance(group, dict) and isinstance(prefix := group.get("prefix"), str):
            yield prefix
