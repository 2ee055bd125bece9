import json
from typing import Any

import pytest

from infra.mailer import Mailer
from infra.report_defaults import ReportMail
from infra.scheduled_reporter import ScheduledReporter
from sluice.cloud.program.execution import stacks
from tests.infra.reading import OPERATIONS, PROTECTED, TAGS, TOPIC, dependencies, record, statements, types

RA: Any = {"name": "RA", "prefix": "RA_", "label": "Augmented Reality"}
VR: Any = {"name": "VR", "prefix": "VR_", "label": "Virtual Reality"}
MAILER: Any = {"sender": "no-reply@example.com", "templates": [], "events_topic_arn": TOPIC}


def reporter(sending: Any = None, **args: Any):
    def build():
        whole: Any = {
            "groups": [RA, VR],
            "every": "rate(5 minutes)",
            "recipients": ["team@example.com"],
            "sending": {**Mailer("mail", MAILER).sending, **(sending or {})},
            "environment": "test",
            **args,
        }
        ScheduledReporter("report", whole)

    return record(build)


def variables(graph):
    return graph.named("report-reporter").inputs["environment"]["variables"]


# ---- the schedule


def test_a_schedule_invokes_the_function_with_the_time_that_was_due():
    graph = reporter()
    inputs = graph.named("report-schedule").inputs
    assert (inputs["scheduleExpression"], inputs["flexibleTimeWindow"]) == ("rate(5 minutes)", {"mode": "OFF"})
    target = inputs["target"]
    assert target["arn"] == graph.named("report-reporter").outputs["arn"]
    assert json.loads(target["input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}


def test_the_schedule_s_role_may_invoke_this_function_and_keep_failures():
    graph = reporter()
    assert (
        graph.named("report-schedule").inputs["target"]["roleArn"]
        == (graph.named("report-schedule-role").outputs["arn"])
    )
    assert statements(graph.named("report-schedule-policy")) == {
        "Invoke": {
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": [graph.named("report-reporter").outputs["arn"]],
        },
        "KeepFailures": {
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": [graph.named("report-dead-letters").outputs["arn"]],
        },
    }


def test_schedules_of_other_accounts_do_not_get_the_role():
    assert statements(reporter().named("report-schedule-role"), "assumeRolePolicy") == {
        "Assume": {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    }


def test_the_schedule_comes_after_the_policy_of_its_role():
    graph = reporter()
    assert "report-schedule-policy" in dependencies(graph, graph.named("report-schedule"))


# ---- failures


def test_a_run_that_cannot_be_delivered_becomes_a_dead_letter():
    graph = reporter()
    target = graph.named("report-schedule").inputs["target"]
    assert target["deadLetterConfig"] == {"arn": graph.named("report-dead-letters").outputs["arn"]}
    assert target["retryPolicy"] == {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 360}


def test_a_run_that_keeps_failing_becomes_a_dead_letter():
    """The schedule is done once Lambda has taken its event: the function's failures need retries of their own."""
    graph = reporter()
    assert graph.named("report-retries").inputs == {
        "functionName": graph.named("report-reporter").outputs["name"],
        "maximumRetryAttempts": 2,
        "maximumEventAgeInSeconds": 360,
        "destinationConfig": {"onFailure": {"destination": graph.named("report-dead-letters").outputs["arn"]}},
    }


def test_lambda_is_told_of_the_dead_letters_once_it_may_send():
    """Lambda looks at the role when it is told of the destination."""
    graph = reporter()
    assert "report-reporter-policy" in dependencies(graph, graph.named("report-retries"))


@pytest.mark.parametrize(
    ("every", "timeout", "age"),
    [
        ("rate(1 minute)", 60, 180),
        ("rate(2 minutes)", 120, 240),
        ("rate(5 minutes)", 240, 360),
        ("rate(1 hour)", 240, 3600),
        ("rate(6 hours)", 240, 21_600),
        ("rate(1 day)", 240, 21_600),  # the longest that Lambda keeps an event
        ("cron(0 8 * * ? *)", 240, 21_600),
        ("cron(0,2 8 * * ? *)", 120, 240),  # two minutes, for a whole day
    ],
)
def test_a_run_ends_within_the_interval_and_its_age_leaves_room_for_another_try(every, timeout, age):
    graph = reporter(every=every)
    assert graph.named("report-reporter").inputs["timeout"] == timeout
    assert graph.named("report-retries").inputs["maximumEventAgeInSeconds"] == age
    assert graph.named("report-schedule").inputs["target"]["retryPolicy"]["maximumEventAgeInSeconds"] == age


def test_an_alarm_goes_off_on_dead_letters_and_on_those_that_got_lost():
    graph = reporter()
    assert graph.named("report-dead-letters-messages").inputs["dimensions"] == {"QueueName": "report-dead-letters"}
    lost = graph.named("report-undelivered").inputs
    assert (lost["namespace"], lost["metricName"]) == ("AWS/Lambda", "DestinationDeliveryFailures")
    assert lost["dimensions"] == {"FunctionName": "report-reporter"}


@pytest.mark.parametrize(
    ("every", "periods", "seconds"),
    [
        ("rate(1 minute)", 1, 300),
        ("rate(5 minutes)", 3, 300),
        ("rate(1 hour)", 36, 300),
        ("rate(8 hours)", 288, 300),
        ("rate(9 hours)", 27, 3600),
        ("cron(0 8 * * ? *)", 72, 3600),
        ("cron(0 8 ? * MON-FRI *)", 120, 3600),  # three days over the weekend, and two
        ("rate(3 days)", 168, 3600),  # seven days and no more
        ("rate(6 days)", 168, 3600),
    ],
)
def test_an_alarm_goes_off_when_no_report_was_begun_for_longer_than_the_schedule_allows(every, periods, seconds):
    inputs = reporter(every=every, operations=OPERATIONS).named("report-silent").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("AWS/Lambda", "Invocations")
    assert inputs["dimensions"] == {"FunctionName": "report-reporter"}
    assert (inputs["evaluationPeriods"], inputs["period"]) == (periods, seconds)
    assert (inputs["statistic"], inputs["threshold"], inputs["comparisonOperator"]) == (
        "SampleCount",
        1,
        "LessThanThreshold",
    )
    assert inputs["treatMissingData"] == "breaching"
    assert inputs["alarmActions"] == [TOPIC]


@pytest.mark.parametrize("every", ["rate(7 days)", "cron(0 8 ? * 2 *)", "cron(0 8 L * ? *)", "cron(0 8 * * ? 2027)"])
def test_a_schedule_that_no_alarm_can_watch_says_so(every, monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.info", lambda message, *_: said.append(message))
    with pytest.raises(KeyError):
        reporter(every=every).named("report-silent")
    assert f"Runs of {every} may be seven days or more apart" in " ".join(said)


# ---- groups


@pytest.mark.parametrize(("one", "other"), [("RA_", "RA_"), ("RA", "RA_"), ("RA_2024_", "RA_")])
def test_prefixes_that_overlap_are_refused(one, other):
    groups = [{**RA, "prefix": one}, {**VR, "prefix": other}]
    with pytest.raises(
        ValueError, match=f"prefixes that do not overlap: tables of {one} and {other} would count twice"
    ):
        reporter(groups=groups)


@pytest.mark.parametrize("name", ["RA", "ra"])
def test_groups_of_one_name_are_refused(name):
    with pytest.raises(ValueError, match="the groups of report need another name than RA for one of two groups"):
        reporter(groups=[RA, {**VR, "name": name}])


def test_a_group_has_a_table_of_totals_with_a_history_that_ends():
    inputs = reporter().named("report-totals-ra").inputs
    assert inputs["name"] == "RA_totales"
    assert (inputs["hashKey"], inputs["rangeKey"]) == ("group", "generated_at")
    assert inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_any_number_of_groups_is_counted():
    groups: Any = [{"name": f"G{n}", "prefix": f"G{n}_", "label": f"Group {n}"} for n in range(5)]
    graph = reporter(groups=groups)
    assert len(graph.of_type("aws:dynamodb/table:Table")) == 5
    assert len(statements(graph.named("report-reporter-policy"))["ReadTables"]["Resource"]) == 5


@pytest.mark.parametrize("stack", stacks())
def test_totals_tables_of_environments_of_one_account_do_not_meet(graph_of, stack):
    suffix = "" if stack in ("local", "prod") else f"_{stack}"
    graph = graph_of(stack)
    names = {graph.named(f"sluice-{stack}-report-tables-totals-{group}").inputs["name"] for group in ("ra", "vr")}
    assert names == {f"RA_totales{suffix}", f"VR_totales{suffix}"}


# ---- the function


def test_the_reporter_is_told_what_to_count():
    found = variables(reporter(groups=[{**RA, "totals_table_name": "RA_totales_test"}]))
    assert json.loads(found["REPORT_GROUPS"]) == [
        {"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "totals_table": "RA_totales_test"}
    ]


def test_the_reporter_is_told_whom_to_mail():
    found = variables(reporter({"enabled": False, "only_to": ["example.com"]}))
    assert json.loads(found["REPORT_RECIPIENTS"]) == ["team@example.com"]
    assert json.loads(found["MAIL_ENABLED"]) is False
    assert json.loads(found["MAIL_ONLY_TO"]) == ["example.com"]
    assert (found["MAIL_SENDER"], found["MAIL_CONFIGURATION_SET"]) == ("no-reply@example.com", "mail-settings")


def test_the_reporter_is_told_what_to_show_as_the_sender_and_where_answers_go():
    found = variables(reporter({"from_name": "The Shop", "reply_to": "help@example.com"}))
    assert found["MAIL_SENDER"] == "The Shop <no-reply@example.com>"
    assert found["MAIL_REPLY_TO"] == "help@example.com"


def test_the_reporter_is_told_all_that_its_handler_reads():
    from handlers.reporter import environment

    own = {environment.HANDLER, environment.SCHEDULED_TIME}
    own |= {environment.BROKEN_EXPECTATIONS, *ReportMail}
    names = {value for name, value in vars(environment).items() if name.isupper()} - own
    assert variables(reporter()).keys() == names


def test_the_reporter_may_do_its_work_and_nothing_else():
    graph = reporter()
    found = statements(graph.named("report-reporter-policy"))
    totals, logs, dead, reports = (
        graph.named(f"report-{name}").outputs["arn"]
        for name in ("totals-ra", "reporter-logs", "dead-letters", "reports")
    )
    tables = f"{totals.rpartition(':')[0]}:table"
    assert found.pop("SendMail")["Condition"] == {"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}
    assert {sid: (statement["Action"], statement["Resource"]) for sid, statement in found.items()} == {
        "FindTables": (["dynamodb:ListTables"], ["*"]),
        "ReadTables": (["dynamodb:DescribeTable", "dynamodb:Scan"], [f"{tables}/RA_*", f"{tables}/VR_*"]),
        "KeepTotals": (
            ["dynamodb:Query", "dynamodb:UpdateItem"],
            [totals, graph.named("report-totals-vr").outputs["arn"]],
        ),
        "KeepReports": (["s3:GetObject", "s3:PutObject"], [f"{reports}/reports/*"]),
        "KeepFailures": (["sqs:SendMessage"], [dead]),
        "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], [f"{logs}:log-stream:*"]),
    }


KEYS = [f"arn:aws:kms:eu-north-1:123456789012:key/{number}" for number in (1, 2)]


def test_the_reporter_may_decrypt_with_the_given_keys_and_through_dynamodb_only():
    graph = reporter(kms_keys=KEYS)
    assert statements(graph.named("report-reporter-policy"))["DecryptTables"] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": KEYS,
        "Condition": {"StringEquals": {"kms:ViaService": "dynamodb.eu-north-1.amazonaws.com"}},
    }


def test_without_keys_the_reporter_may_decrypt_nothing():
    assert "kms:" not in reporter().named("report-reporter-policy").inputs["policy"]


def test_tables_that_may_not_be_read_have_an_alarm_of_their_own():
    inputs = reporter().named("report-unreadable").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("Sluice", "UnreadableTables")
    assert inputs["dimensions"] == {"FunctionName": "report-reporter"}
    assert (inputs["threshold"], inputs["statistic"]) == (1, "Sum")
    assert "docs/operating.md#report-unreadable" in inputs["alarmDescription"]


@pytest.mark.parametrize("stack", stacks())
def test_listing_tables_is_the_one_thing_allowed_everywhere(graph_of, stack):
    """X-Ray's writing apart, which knows no resources either, and is there only where functions are traced."""
    graph = graph_of(stack)
    everywhere = [
        tuple(statement["Action"])
        for policy in graph.of_type("aws:iam/rolePolicy:RolePolicy")
        for sid, statement in statements(policy).items()
        if "*" in statement["Resource"] and sid != "WriteTraces"
    ]
    assert everywhere == [("dynamodb:ListTables",)]


# ---- mail


@pytest.mark.parametrize("mail", list(ReportMail))
def test_the_reporter_is_told_when_to_mail(mail):
    assert variables(reporter(mail=mail))["REPORT_MAIL"] == mail.value


def test_a_reporter_that_never_mails_may_not_and_knows_nobody():
    graph = reporter(mail=ReportMail.NEVER)
    assert "ses:" not in graph.named("report-reporter-policy").inputs["policy"]
    assert not {"REPORT_RECIPIENTS", "MAIL_SENDER", "MAIL_CONFIGURATION_SET"} & variables(graph).keys()


@pytest.mark.parametrize("missing", [{"recipients": []}, {"sending": None}])
def test_a_reporter_that_mails_has_somebody_to_mail_and_a_sender(missing):
    def build():
        args: Any = {"groups": [RA], "every": "rate(1 hour)", "environment": "test", "recipients": ["a@example.com"]}
        ScheduledReporter("report", {**args, "sending": Mailer("mail", MAILER).sending, **missing})

    with pytest.raises(ValueError, match="report needs sending and recipients unless mail is never"):
        record(build)


# ---- what is expected


def test_the_reporter_is_told_what_is_expected():
    """Numbers from programs in other languages are no integers."""
    groups = [{**RA, "expect": {"minimum": 10.0, "change_within": 20}}, VR]
    found = json.loads(variables(reporter(groups=groups))["REPORT_GROUPS"])
    assert [group.get("expect") for group in found] == [{"minimum": 10, "change_within": 20}, None]
    assert "10.0" not in variables(reporter(groups=groups))["REPORT_GROUPS"]


def test_broken_expectations_have_an_alarm():
    graph = reporter(groups=[{**RA, "expect": {"maximum": 0}}])
    inputs = graph.named("report-broken").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("Sluice", "BrokenExpectations")
    assert inputs["dimensions"] == {"FunctionName": "report-reporter"}
    assert (inputs["threshold"], inputs["statistic"]) == (1, "Sum")
    assert "docs/operating.md#report-broken" in inputs["alarmDescription"]


# ---- the reports


def test_dated_reports_expire_and_the_latest_stays():
    _, *rules = reporter(history_days=30).named("report-reports-lifecycle").inputs["rules"]
    assert [(rule["filter"], rule["expiration"]) for rule in rules] == [({"prefix": "reports/date="}, {"days": 30})]


# ---- the component


def test_a_reporter_makes_these():
    assert types(reporter(), "report") == {
        "report-dead-letters": "sluice:index:Queue",
        "report-reporter": "sluice:index:Function",
        "report-reports": "sluice:index:Bucket",
        "report-retries": "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "report-schedule": "aws:scheduler/schedule:Schedule",
        "report-schedule-policy": "aws:iam/rolePolicy:RolePolicy",
        "report-schedule-role": "aws:iam/role:Role",
        "report-totals-ra": "sluice:index:Table",
        "report-totals-vr": "sluice:index:Table",
        "report-silent": "aws:cloudwatch/metricAlarm:MetricAlarm",
        "report-undelivered": "aws:cloudwatch/metricAlarm:MetricAlarm",
        "report-unreadable": "aws:cloudwatch/metricAlarm:MetricAlarm",
    }


def test_operations_reach_all_parts():
    graph = reporter(operations=PROTECTED)
    assert graph.named("report-reports").options["protect"]
    assert graph.named("report-totals-ra").options["protect"]
    assert graph.named("report-reporter").inputs["tracingConfig"] == {"mode": "Active"}
    tagged = reporter(operations=OPERATIONS)
    for name in ("report-reports", "report-totals-ra", "report-dead-letters", "report-schedule-role"):
        assert tagged.named(name).inputs["tags"] == TAGS


def test_a_reporter_tells_others_its_function_and_bucket():
    (component,) = reporter().of_type("sluice:index:ScheduledReporter")
    assert component.outputs == {"functionName": "report-reporter", "bucketName": "report-reports"}
