"""The entry point with several rules: each mail of a record once, whatever fails meanwhile."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.notifier import environment
from handlers.notifier.handler import SendingError, handle
from handlers.notifier.marks import MarksUnavailableError
from tests.handlers.notifier.fakes import Ses, Table, error
from tests.handlers.notifier.test_handler import Context, event, insert, ses, table

__all__ = ["ses", "table"]  # fixtures

SHIPPED = """{"address_attribute": "email", "name_attribute": "name", "rules": [
    {"template": "shipped", "events": ["INSERT"], "where": {"status": [{"S": "SHIPPED"}]}, "to_attribute": "email",
     "values": {"order": "userId"}, "mark": "/shipped"},
    {"template": "sold", "events": ["INSERT"],
     "to_addresses": {"sales@example.com": "/sold/a", "hq@example.com": "/sold/b"}}
]}"""


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two rules for each order that is shipped: one mail to whom it goes, one to each of two addresses."""
    (tmp_path / "orders.json").write_text(SHIPPED)
    monkeypatch.setenv(environment.RULES, str(tmp_path / "orders.json"))
    monkeypatch.setenv(environment.TEMPLATES, '{"shipped": "dev-shipped", "sold": "dev-sold"}')


def order(n: int) -> dict[str, Any]:
    return insert(n, status={"S": "SHIPPED"})


@pytest.mark.usefixtures("orders")
def test_a_record_that_several_rules_match_sends_each_mail_in_few_calls(ses: Ses, table: Table):
    assert handle(event(*[order(n) for n in range(40)]), Context()) == {"batchItemFailures": []}
    assert sorted(ses.outbox) == sorted(
        [f"ada{n}@example.com" for n in range(40)] + ["sales@example.com"] * 40 + ["hq@example.com"] * 40
    )
    sent = [(call["DefaultContent"]["Template"]["TemplateName"], len(call["BulkEmailEntries"])) for call in ses.calls]
    assert sent == [("dev-shipped", 40), ("dev-sold", 50), ("dev-sold", 30)]
    assert {"e1/shipped", "e1/sold/a", "e1/sold/b"} <= set(table.items)


@pytest.mark.usefixtures("orders")
def test_of_a_record_only_the_mails_that_were_not_sent_are_sent_again(ses: Ses):
    ses.script.extend([None, lambda _: {"hq@example.com": "FAILED"}])
    batch = event(order(1), order(2))
    assert handle(batch, Context()) == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert handle(batch, Context()) == {"batchItemFailures": []}
    assert sorted(ses.outbox) == sorted(
        ["ada1@example.com", "ada2@example.com", *["sales@example.com"] * 2, *["hq@example.com"] * 2]
    )


@pytest.mark.usefixtures("orders")
def test_a_template_that_cannot_be_sent_stops_no_other_rule_of_its_record(ses: Ses):
    ses.script.extend([error("TemplateGone"), None])
    with pytest.raises(SendingError, match="shipped: TemplateGone"):
        handle(event(order(1)), Context())
    assert sorted(ses.outbox) == ["hq@example.com", "sales@example.com"]
    handle(event(order(1)), Context())
    assert sorted(ses.outbox) == ["ada1@example.com", "hq@example.com", "sales@example.com"]


@pytest.mark.usefixtures("orders")
def test_each_mail_of_a_redriven_record_is_claimed_by_itself(ses: Ses, table: Table):
    claims: list[set[str]] = []
    ses.script.append(lambda _: claims.append(set(table.items)) or {})
    handle({**event(order(1)), "redriven": True}, Context())
    assert claims == [{"claim/e1/shipped", "claim/e1/sold/a", "claim/e1/sold/b"}]
    assert sorted(ses.outbox) == ["ada1@example.com", "hq@example.com", "sales@example.com"]


@pytest.mark.usefixtures("orders")
def test_no_address_is_printed_of_any_rule(ses: Ses, capsys: pytest.CaptureFixture[str]):
    ses.script.extend([None, lambda called: dict.fromkeys(called, "MESSAGE_REJECTED")])
    handle(event(order(1)), Context())
    printed = "".join(capsys.readouterr())
    assert "@" not in printed
    assert json.loads(printed)["refused"] == {"e1/sold/a": "MESSAGE_REJECTED", "e1/sold/b": "MESSAGE_REJECTED"}


class Killed(BaseException):
    """Lambda ends the function, at once."""


STEPS = st.sampled_from(
    [
        None,
        lambda called: dict.fromkeys(called[::2], "ACCOUNT_THROTTLED"),
        lambda called: dict.fromkeys(called[1:], "FAILED"),
        error("SendingPausedException"),
        error("AccessDeniedException"),
        Killed(),
    ]
)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.notifier.deadlines.BatchDeadlines.wait", lambda *_: True)


@pytest.mark.usefixtures("orders", "unhurried")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, max_size=12),
    marks=st.lists(st.sampled_from([None, 0, 1, Killed()]), max_size=20),
    redriven=st.booleans(),
)
def test_each_mail_of_each_rule_and_address_is_sent_once_through_throttling_crashes_and_redrives(
    ses: Ses, table: Table, steps: list[Any], marks: list[Any], redriven: bool
):
    ses.outbox.clear()
    table.items.clear()
    ses.script.extend(steps)
    table.script.extend(marks)
    batch, lost = event(*[order(n) for n in range(3)]), 0
    if redriven:
        batch["redriven"] = True
    while True:
        before = len(ses.outbox)
        try:
            if not handle(batch, Context())["batchItemFailures"]:
                break
        except (SendingError, MarksUnavailableError):
            continue
        except Killed:
            lost += len(ses.outbox) > before
    sent = Counter(ses.outbox)
    assert set(sent) == {"sales@example.com", "hq@example.com", *(f"ada{n}@example.com" for n in range(3))}
    assert min(sent["sales@example.com"], sent["hq@example.com"]) >= 3
    if not lost:
        assert sent.total() == 9
