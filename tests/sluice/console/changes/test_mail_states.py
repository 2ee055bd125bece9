"""What became of mails, and why there are none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.emulator.outbox import Mail, Sent
from sluice.console.changes.changes import Change
from sluice.console.changes.mail_states import change_of, marked, reason, states
from sluice.console.changes.previews import Outcome, Ruling
from sluice.console.outbox import Line, content_of
from tests.sluice.console.making import ADA, change

CONTENT = content_of(["ada@example.com"], "stack-welcome", "{}")
WANTED = Outcome("ada@example.com", "stack-welcome", "{}", "e1", "", (), CONTENT)


def ruling(*outcomes: Outcome, **of_rule: Any) -> Ruling:
    usual: dict[str, Any] = {"template": "welcome", "events": ("INSERT",), "changed": ("name", "city"), "to": "email"}
    return Ruling(**usual | of_rule, outcomes=outcomes)


def without(reason: str, *attributes: str, to: str = "") -> Outcome:
    return Outcome(to, "", "", "", reason, attributes, b"")


def line(number: int, at: float) -> Line:
    return Line(
        number, datetime.fromtimestamp(at, UTC).isoformat(), ("ada@example.com",), "", "stack-welcome", CONTENT, "", at
    )


def console(mails: Sequence[Line], asking: Sequence[Change], *, is_read_only: bool = False) -> Any:
    log = SimpleNamespace(asking_for=lambda _content: list(asking), rulings=lambda _change: [ruling(WANTED)])
    outbox = SimpleNamespace(alike=lambda _content: list(mails))
    return SimpleNamespace(change_log=log, outbox=outbox, is_read_only=is_read_only)


def mail_number(of: Change, mails: Sequence[Line], asking: Sequence[Change]) -> int | None:
    (state,) = states(console(mails, asking), of, [ruling(WANTED)])
    return state.sent.number if state.sent else None


def test_a_mail_that_is_there_is_found():
    one = change()
    assert mail_number(one, [line(7, one.at + 0.5)], [one]) == 7


def test_a_mail_of_before_is_another_ones():
    one = change()
    assert mail_number(one, [line(7, one.at - 1)], [one]) is None


def test_changes_that_ask_for_the_same_have_a_mail_each():
    first, second, third = change(1), change(2), change(3)
    mails = [line(7, first.at + 1), line(8, first.at + 2)]
    assert [mail_number(each, mails, [third, second, first]) for each in (first, second, third)] == [7, 8, None]


def test_rules_that_are_about_other_events_are_no_mails():
    one = change()
    other = ruling(without("event_not_handled"), events=("REMOVE",))
    assert states(console([], [one]), one, [other]) == []


def test_of_a_stack_in_aws_nothing_is_found_in_an_outbox():
    one = change()
    (state,) = states(console([line(7, one.at)], [one], is_read_only=True), one, [ruling(WANTED)])
    assert (state.sent, state.short) == (None, "not sent")


def test_the_change_of_a_mail_is_found():
    one, two = change(1), change(2)
    mails = [line(7, one.at + 1), line(8, one.at + 2)]
    mail: Mail = {"to": ["ada@example.com"], "from": "", "subject": "", "text": "", "html": "", "sent_at": ""}
    sent = Sent(8, "", mail, "stack-welcome", "{}", "")
    assert change_of(console(mails, [one, two]), sent) == two
    assert change_of(console(mails, [one]), sent) is None


PLAIN = [
    (without("event_not_handled"), "The rule is about INSERT, and this is MODIFY."),
    (without("no_rule_matches", "name", "plan"), "The rule's `where` does not hold: name is “Ada”, plan is missing."),
    (without("nothing_watched_changed"), "Nothing that the rule watches has changed: name or city."),
    (without("no_address", "address"), "There is no address to mail to: address is missing."),
    (without("malformed_address", "name"), "The address is not a valid mail address: name is “Ada”."),
    (without("local_part_outside_ascii", "name"), "SES accepts only ASCII characters before the @ of an address: n"),
    (without("not_allowed", "email"), "The setting mail.onlyTo does not allow it: email is “ada@example.com”."),
    (without("not_allowed", to="b@example.com"), "The setting mail.onlyTo does not allow it: b@example.com."),
    (without("mail_disabled"), "The setting mail.enabled is false: mails are counted and not sent."),
    (without("no_image"), "The record holds no image of the item"),
    (without("unreadable"), "The record could not be read"),
    (without("another_reason"), "another reason"),
]


@pytest.mark.parametrize(("outcome", "said"), PLAIN, ids=[outcome.reason + outcome.to for outcome, _ in PLAIN])
def test_each_reason_is_said_in_plain_words(outcome, said):
    assert reason(change(1, "MODIFY"), ruling(outcome), outcome).startswith(said)


def test_of_a_removed_item_is_said_what_it_was():
    outcome = without("no_address", "email")
    removed = change(1, "REMOVE", old={**ADA, "email": {"S": ""}})
    assert reason(removed, ruling(outcome), outcome) == "There is no address to mail to: email is empty."


def test_a_long_value_is_cut():
    outcome = without("malformed_address", "email")
    said = reason(change(1, new={**ADA, "email": {"S": "x" * 5000}}), ruling(outcome), outcome)
    assert len(said) < 200


class Table:
    def __init__(self, *marks: str) -> None:
        self.marks = marks

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((table, asked),) = RequestItems.items()
        found = [key for key in asked["Keys"] if key["event_id"]["S"] in self.marks]
        return {"Responses": {table: found}}


def marks(table: Any, variables: dict[str, str], *rulings: Ruling) -> set[str] | None:
    target: Any = SimpleNamespace(client=lambda _service: table)
    notifier: Any = SimpleNamespace(variables=variables)
    return marked(target, notifier, list(rulings))


def test_what_the_notifier_marked_is_told():
    other = WANTED._replace(mark="e1/sold")
    assert marks(Table("e1", "e2"), {"MARKS_TABLE": "marks"}, ruling(WANTED, other, without("no_address"))) == {"e1"}
    assert marks(None, {"MARKS_TABLE": "marks"}, ruling(without("no_address"))) == set()


def test_without_a_table_of_marks_nobody_knows():
    assert marks(Table("e1"), {}, ruling(WANTED)) is None


def test_a_table_that_may_not_be_read_is_told():
    class Denied:
        def batch_get_item(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "BatchGetItem")

    with pytest.raises(ClientError):
        marks(Denied(), {"MARKS_TABLE": "marks"}, ruling(WANTED))
