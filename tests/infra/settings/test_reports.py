from typing import Any

import pytest

from infra.report_defaults import ReportMail
from infra.settings import SettingsError, load

GROUP = {"name": "RA", "prefix": "RA_", "label": "Augmented Reality"}
RECIPIENTS = ["team@example.com"]


def settings(expect: Any = None, **report: Any):
    group = {**GROUP, **({"expect": expect} if expect is not None else {})}
    mail = {"sluice:mail": {"sender": "no-reply@example.com"}} if report.get("mail") != "never" else {}
    reports = {"tables": {"groups": [group], **report}}
    return load({"aws:region": "eu-north-1", **mail, "sluice:reports": reports}, "dev")


def mistake(**changes: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(**changes)
    (line,) = str(caught.value).splitlines()[1:]
    return line.removeprefix("  Pulumi.dev.yaml: sluice:reports.tables.")


def test_a_report_that_is_never_mailed_needs_neither_recipients_nor_a_sender():
    its = settings(mail="never")
    assert its.mailing == []
    args = its.reports["tables"].args("dev")
    assert (args.get("mail"), args.get("recipients"), "sending" in args) == (ReportMail.NEVER, [], False)


def test_recipients_of_a_report_that_is_never_mailed_here_may_stand_in_pipelines_yaml():
    assert settings(mail="never", recipients=RECIPIENTS).mailing == []


@pytest.mark.parametrize("when", ["always", "changes"])
def test_a_report_that_is_mailed_needs_recipients(when):
    allowed = "at least one address, unless mail is never"
    assert mistake(mail=when) == f"recipients: found []; allowed: {allowed}"
    assert settings(mail=when, recipients=RECIPIENTS).mailing == ["reports.tables"]


def test_an_expectation_of_nothing_is_refused():
    said = "groups[0].expect: found {}; allowed: at least one of minimum, maximum, changeWithin"
    assert mistake(expect={}, recipients=RECIPIENTS) == said


def test_another_time_to_mail_is_refused():
    said = "mail: found 'daily'; allowed: 'always', 'changes', 'breaches' or 'never'"
    assert mistake(mail="daily", recipients=RECIPIENTS) == said


def test_mails_for_breaches_of_nothing_are_refused():
    said = "mail: found 'breaches'; allowed: breaches only if a group has expect"
    assert mistake(mail="breaches", recipients=RECIPIENTS) == said
    assert settings({"minimum": 1}, mail="breaches", recipients=RECIPIENTS).reports["tables"].mail == "breaches"


def test_what_is_expected_reaches_the_component_as_numbers():
    its = settings({"minimum": 10, "maximum": 20, "changeWithin": "5%"}, recipients=RECIPIENTS)
    (group,) = its.reports["tables"].args("dev")["groups"]
    assert group.get("expect") == {"minimum": 10, "maximum": 20, "change_within": 5}


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"minimum": -1}, "minimum: found -1; allowed: greater than or equal to 0"),
        ({"minimum": 10, "maximum": 9}, "maximum: found 9; allowed: at least the minimum of 10"),
        ({"changeWithin": 20}, "changeWithin: found 20; allowed: a valid string"),
        (
            {"changeWithin": "2.5%"},
            "changeWithin: found '2.5%'; allowed: a whole percentage below 10000%, such as 20%",
        ),
        ({"least": 1}, "least: unknown; allowed: minimum, maximum, changeWithin"),
    ],
)
def test_an_expectation_that_says_nothing_that_can_be_held_is_refused(expect, said):
    assert mistake(expect=expect, recipients=RECIPIENTS) == f"groups[0].expect.{said}"
