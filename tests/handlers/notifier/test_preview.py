"""What records ask for, rule by rule, as the notifier itself decides."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from handlers.notifier import decisions, environment
from handlers.notifier.preview import preview
from handlers.shared.recipients import MALFORMED
from sluice.cloud.program.execution import ROOT
from tests.handlers.notifier.test_decisions import insert, modify, record

WELCOME = {"template": "welcome", "events": ["INSERT"], "to_attribute": "email"}
SHIPPED = {
    "template": "shipped",
    "events": ["MODIFY"],
    "changed": ["status"],
    "where": {"status": [{"S": "SHIPPED"}], "paid": [{"BOOL": True}]},
    "to_attribute": "customer",
    "mark": "/shipped",
}
SOLD = {
    "template": "sold",
    "events": ["INSERT"],
    "to_addresses": {"a@example.com": "/sold/1", "b@x.example": "/sold/2"},
}


@pytest.fixture
def variables(tmp_path: Path) -> Any:
    """`variables(*rules, **other)`: the environment of a function with these rules."""

    def write(*rules: dict[str, Any], **other: str) -> dict[str, str]:
        document = {"address_attribute": "email", "name_attribute": "name", "rules": rules}
        path = tmp_path / "rules.json"
        path.write_text(json.dumps(document))
        return {
            environment.SENDER: "no-reply@example.com",
            environment.REPLY_TO: "",
            environment.CONFIGURATION_SET: "set",
            environment.RULES: str(path),
            environment.TEMPLATES: '{"welcome": "stack-welcome"}',
            environment.MAIL_ENABLED: "true",
            environment.ONLY_TO: "[]",
            environment.MARKS_TABLE: "marks",
            environment.MARKS_DAYS: "37",
            **other,
        }

    return write


def outcomes(records: list[Any], environ: dict[str, str]) -> list[list[dict[str, Any]]]:
    """Of the only record, what comes of each rule."""
    (of_record,) = preview(records, environ)
    return [rule["outcomes"] for rule in of_record]


def test_each_rule_has_its_mail_or_its_reason(variables):
    assert outcomes([insert()], variables(WELCOME, SHIPPED)) == [
        [
            {
                "to": "ada@example.com",
                "template": "stack-welcome",
                "data": '{"name":"Ada","nameHtml":"Ada","changes":"","changesHtml":""}',
                "mark": "e1",
            }
        ],
        [{"reason": decisions.EVENT_NOT_HANDLED, "attributes": []}],
    ]


def test_a_rule_is_told_with_what_it_asks_for(variables):
    ((told,),) = preview([insert()], variables({**SHIPPED, "events": ["MODIFY", "INSERT"]}))
    del told["outcomes"]
    assert told == {
        "template": "shipped",
        "events": ["MODIFY", "INSERT"],
        "changed": ["status"],
        "where": ["status", "paid"],
        "to": "customer",
    }


@pytest.mark.parametrize(
    ("before", "after", "reason", "attributes"),
    [
        ({}, {"paid": {"BOOL": True}, "status": {"S": "NEW"}}, decisions.NO_RULE_MATCHES, ["status"]),
        ({}, {"status": {"S": "NEW"}}, decisions.NO_RULE_MATCHES, ["status", "paid"]),
        (
            {"status": {"S": "SHIPPED"}},
            {"status": {"S": "SHIPPED"}, "paid": {"BOOL": True}},
            decisions.NOTHING_WATCHED_CHANGED,
            ["status"],
        ),
        ({}, {"status": {"S": "SHIPPED"}, "paid": {"BOOL": True}}, decisions.NO_ADDRESS, ["customer"]),
        (
            {},
            {"status": {"S": "SHIPPED"}, "paid": {"BOOL": True}, "customer": {"S": "@"}},
            MALFORMED,
            ["customer"],
        ),
    ],
    ids=["condition", "conditions", "unchanged", "nobody", "malformed"],
)
def test_a_reason_names_the_attributes_that_it_is_about(variables, before, after, reason, attributes):
    assert outcomes([modify(before, after)], variables(SHIPPED)) == [[{"reason": reason, "attributes": attributes}]]


def test_of_fixed_addresses_each_has_its_own(variables):
    ((first, second),) = outcomes([insert()], variables(SOLD, **{environment.ONLY_TO: '["example.com"]'}))
    assert (first["to"], first["mark"]) == ("a@example.com", "e1/sold/1")
    assert second == {"reason": decisions.NOT_ALLOWED, "attributes": [], "to": "b@x.example"}


def test_where_mail_is_disabled_that_is_the_reason(variables):
    environ = variables(WELCOME, **{environment.MAIL_ENABLED: "false"})
    assert outcomes([insert()], environ) == [[{"reason": decisions.MAIL_DISABLED, "attributes": ["email"]}]]


def test_a_removed_item_is_judged_as_it_was(variables):
    gone = {**WELCOME, "events": ["REMOVE"], "where": {"status": [{"S": "SHIPPED"}]}}
    removed = record("REMOVE", old={"email": {"S": "ada@example.com"}})
    assert outcomes([removed], variables(gone)) == [[{"reason": decisions.NO_RULE_MATCHES, "attributes": ["status"]}]]


@pytest.mark.parametrize("nothing", [{}, {"eventName": "INSERT"}, {"eventName": "INSERT", "dynamodb": {}}, [], None])
def test_what_is_no_record_is_told_and_breaks_nothing(variables, nothing):
    ((outcome,),) = outcomes([nothing], variables(WELCOME))
    assert outcome["reason"] in (decisions.UNREADABLE, decisions.NO_IMAGE)


def test_it_is_a_program_that_reads_records_and_prints_json(variables):
    environ = {**variables(WELCOME), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "handlers.notifier.preview"]
    records = json.dumps([insert(), insert(email={"S": ""})])
    ran = subprocess.run(command, input=records, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    (welcome,), (nobody,) = json.loads(ran.stdout)
    assert welcome["outcomes"][0]["to"] == "ada@example.com"
    assert nobody["outcomes"] == [{"reason": decisions.NO_ADDRESS, "attributes": ["email"]}]
