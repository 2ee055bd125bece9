import json

import pytest

from sluice.readiness.prefixes import prefixes
from tests.sluice.scripted import OUTPUTS, Scripted


def reporter(name, groups, environment="prod"):
    text = groups if isinstance(groups, str) else json.dumps(groups)
    return {"FunctionName": name, "Environment": {"Variables": {"REPORT_GROUPS": text, "ENVIRONMENT": environment}}}


def told(*found, outputs=OUTPUTS):
    target = Scripted({"lambda.list_functions": {"Functions": list(found)}}, outputs)
    return [(finding.status, finding.detail) for finding in prefixes(target)]


@pytest.mark.parametrize("theirs", ["RA_", "RA_prod_", "R"])
def test_a_prefix_that_another_environment_counts_is_told(theirs):
    assert told(reporter("reporter-1", [{"prefix": "RA_"}], "dev"), reporter("theirs", [{"prefix": theirs}])) == [
        (
            "not ready",
            f"report/tables: RA_ is counted by prod (theirs) too, as {theirs}: "
            "each counts and mails the other's tables",
        )
    ]


@pytest.mark.parametrize("groups", ["no JSON", "5", "[5]", '[{"prefix": 5}]', [{"prefix": "PROD_RA_"}]])
def test_what_counts_other_tables_or_is_no_reporter_is_no_matter(groups):
    assert told(reporter("theirs", groups), {"FunctionName": "plain"}) == [
        ("ready", "no other reporter of this account and region counts the same tables")
    ]


def test_a_stack_without_reports_asks_nobody():
    assert [status for status, _ in told(outputs={**OUTPUTS, "reports": {}})] == ["ready"]
