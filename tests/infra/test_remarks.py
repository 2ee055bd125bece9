import pytest

from infra import remarks
from infra.settings import load

RULE = {"template": "shipped", "events": ["MODIFY"], "changed": ["status"], "where": {"status": ["SHIPPED"]}}


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr("pulumi.log.info", lambda text: lines.append(("info", text)))
    monkeypatch.setattr("pulumi.log.warn", lambda text: lines.append(("warning", text)))

    def said(**sections):
        own = {f"sluice:{name}": value for name, value in sections.items()}
        mail = {"sluice:mail": {"sender": "no-reply@example.com"}}
        remarks.tell(load({"aws:region": "eu-north-1", **mail, **own}, "dev"))
        return lines

    return said


def test_each_rule_of_mail_is_said_as_a_sentence(said):
    rules = [{**RULE, "to": "buyer"}, {"template": "sold", "events": ["INSERT"], "to": ["sales@example.com"]}]
    assert said(streams={"orders": {"mails": rules, "partitionKey": "orderId"}, "users": {}}) == [
        ("info", "streams.orders mails shipped to buyer on MODIFY of status where status is SHIPPED"),
        ("info", "streams.orders mails sold to sales@example.com on INSERT"),
    ]


def test_what_may_surprise_is_a_warning_and_comes_first(said):
    lines = said(streams={"orders": {"tables": ["Orders"], "mails": [RULE]}})
    assert [level for level, _ in lines] == ["warning", "info"]
