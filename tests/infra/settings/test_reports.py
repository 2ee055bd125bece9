from typing import Any

import pytest

from infra.report_defaults import ReportMail
from infra.settings import SettingsError, load
from tests.infra.settings import making

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


@pytest.mark.parametrize(("stack", "suffix"), [("local", ""), ("prod", ""), ("dev", "_dev")])
def test_totals_tables_have_the_environment_where_others_may_be(stack, suffix):
    groups = making.settings().reports["tables"].args(stack)["groups"]
    assert [group.get("totals_table_name") for group in groups] == [f"RA_totales{suffix}"]


def test_what_a_report_counts_for_whom_has_no_default():
    with pytest.raises(SettingsError) as caught:
        load({"aws:region": "eu-north-1", "sluice:reports": {"tables": {}}}, "dev")
    assert "sluice:reports.tables.groups: missing; it has no default" in str(caught.value)
    recipients = "sluice:reports.tables.recipients: found []; allowed: at least one address, unless mail is never"
    assert recipients in str(caught.value)


def test_groups_of_two_reports_do_not_overlap():
    groups = [{"name": "X", "prefix": "RA_new_", "label": "x"}]
    reports = {**making.REQUIRED["sluice:reports"], "more": {"groups": groups, "recipients": RECIPIENTS}}
    with pytest.raises(
        SettingsError, match=r"sluice:reports\.more\.groups: its prefix RA_new_ overlaps RA_ of reports"
    ):
        load({**making.REQUIRED, "sluice:reports": reports}, "dev")


@pytest.mark.parametrize(
    ("one", "other"), [("RA_", "RA_"), ("RA", "RA_"), ("RA_", "RA"), ("RA_", "RA_2024_")], ids=" ".join
)
def test_groups_whose_prefixes_overlap_are_refused(one, other):
    groups = [{"name": "A", "prefix": one, "label": "a"}, {"name": "B", "prefix": other, "label": "b"}]
    (found,) = making.mistakes(reports={"groups": groups})
    assert found.startswith("sluice:reports.tables.groups: found ")
    assert found.endswith(f"tables of {one} and {other} would count twice")


@pytest.mark.parametrize("other", ["A", "a"])
def test_groups_of_one_name_are_refused(other):
    groups = [{"name": "A", "prefix": "X_", "label": "a"}, {"name": other, "prefix": "Y_", "label": "b"}]
    (found,) = making.mistakes(reports={"groups": groups})
    assert found.endswith("allowed: another name than A for one of two groups")


@pytest.mark.parametrize("every", ["rate(1 minute)", "rate(5 minutes)", "rate(2 hours)", "cron(0 8 * * ? *)"])
def test_a_schedule_that_eventbridge_takes_is_taken(every):
    assert making.settings(reports={"every": every}).reports["tables"].every == every


@pytest.mark.parametrize("every", ["cron(0 8 L * ? *)", "cron(0 8 ? * 6#1 *)", "cron(0 8 15W * ? *)"])
def test_the_last_the_first_and_the_nearest_day_are_taken(every):
    assert making.settings(reports={"every": every}).reports["tables"].every == every


@pytest.mark.parametrize(
    "every",
    [
        *("rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "cron(0 8 * * ?)", "5m"),
        *("cron(61 8 * * ? *)", "cron(0 25 * * ? *)", "cron(0 8 * * * *)", "cron(0 8 ? * ? *)", "cron(0 8 30 2 ? *)"),
        "rate(99999999999999 days)",
    ],
)
def test_a_schedule_that_eventbridge_refuses_is_refused(every):
    (found,) = making.mistakes(reports={"every": every})
    assert found.startswith(f"sluice:reports.tables.every: found {every!r}")


def test_a_key_is_named_by_its_arn():
    key = "arn:aws:kms:eu-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    assert making.settings(reports={"kmsKeys": [key]}).reports["tables"].kms_keys == [key]


@pytest.mark.parametrize(
    "key",
    [
        "arn:aws:kms:eu-north-1:111122223333:alias/tables",
        "arn:aws:kms:eu-north-1:111122223333:key/*",
        "arn:aws:kms:*:111122223333:key/1",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "*",
    ],
)
def test_what_is_no_arn_of_a_key_is_refused(key):
    (found,) = making.mistakes(reports={"kmsKeys": [key]})
    assert found.startswith(f"sluice:reports.tables.kmsKeys[0]: found {key!r}; allowed: the ARN of a KMS key")
