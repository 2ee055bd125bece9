"""The scheduled reporter: a function that counts the items of tables on a schedule and reports the counts."""

import json
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from handlers.reporter import environment
from handlers.shared.variables import flag_text
from infra import mail_defaults
from infra import report_defaults as defaults
from infra.bucket import Bucket, LifecycleRule
from infra.code import archive
from infra.component import Component
from infra.dashboard import Row, graph
from infra.function import Function
from infra.iam import Statement, allow, beside, decrypt_tables
from infra.operations import Operations
from infra.queue import Queue
from infra.report_defaults import ReportMail, group_mistakes
from infra.report_group import Group, described
from infra.schedule import schedule
from infra.schedule_times import event_age_seconds, silence, timeout_seconds
from infra.sending import Sending, from_header, may_send
from infra.table import Table

PREFIX = "reports/"
"""The prefix of reports in their bucket."""


class ScheduledReporterArgs(TypedDict):
    """Arguments of a reporter."""

    groups: Sequence[Group]
    """Groups of tables that are counted together; no group's prefix begins with another's."""
    every: str
    """An EventBridge schedule, such as `rate(5 minutes)`, or `cron(0 8 ? * MON-FRI *)` in UTC."""
    environment: str
    """The environment's name, as shown in reports."""
    mail: NotRequired[ReportMail]
    """When it is mailed: `always` by default."""
    recipients: NotRequired[Sequence[str]]
    """Who is mailed; left out only where `mail` is `never`."""
    sending: NotRequired[Sending]
    """How mails are sent; left out only where `mail` is `never`."""
    name_attribute: NotRequired[str]
    """The attribute that holds an item's name; `name` by default."""
    date_attribute: NotRequired[str]
    """The attribute that holds an item's date; `date` by default."""
    read_units: NotRequired[int]
    """The read units that a run may consume by reading tables; 20,000 by default."""
    items_per_table: NotRequired[int]
    """How many items of a table are listed, the newest first; 200 by default."""
    history_days: NotRequired[int]
    """How long totals and reports are kept; 400 by default."""
    kms_keys: NotRequired[Sequence[str]]
    """ARNs of the customer-managed keys of tables that it may read; none by default."""
    operations: NotRequired[Operations]
    """How it is monitored, protected and paid for; cheap and disposable by default."""


class ScheduledReporter(Component):
    """A scheduled reporter (`sluice:index:ScheduledReporter`).

    It makes:

    - a schedule with a role of its own that invokes the function with the scheduled time;
    - the function, whose failures are retried within the interval and then go to a dead-letter queue;
    - a bucket for the reports and a table of totals for each group;
    - an alarm on failures that did not reach the queue, one on tables that may not be read, one on broken expectations
      where something is expected, and one on a schedule that has stopped. If runs may be seven days apart, which is as
      far as CloudWatch looks back, the last is left out, and the deployment logs that.
    """

    totals_tables: dict[str, pulumi.Output[str]]
    """Group -> the name of its totals table."""

    def __init__(self, name: str, args: ScheduledReporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:ScheduledReporter", name, args.get("operations"), opts)
        self._args = args
        groups = args["groups"]
        if mistakes := group_mistakes([group["name"] for group in groups], [group["prefix"] for group in groups]):
            raise ValueError(f"the groups of {name} need {'; '.join(mistakes)}")
        self._mail = ReportMail(args.get("mail", ReportMail.ALWAYS))
        self._sending = None if self._mail is ReportMail.NEVER else args.get("sending")
        if self._mail is not ReportMail.NEVER and not (self._sending and args.get("recipients")):
            raise ValueError(f"{name} needs sending and recipients unless mail is never")
        self._expects = any(group.get("expect") for group in groups)
        self._history_days = int(args.get("history_days", defaults.HISTORY_DAYS))
        self.bucket = self._create_bucket()
        self._totals = {group["name"]: self._create_totals(group) for group in groups}
        self.totals_tables = {group: table.name for group, table in self._totals.items()}
        self.prefixes = {group["name"]: group["prefix"] for group in groups}
        self.dead_letters = self._create_dead_letters()
        self.function = self._create_function()
        self._create_retries()
        self._create_alarms()
        self.schedule = schedule(
            name,
            {
                "every": args["every"],
                "description": "Runs the report",
                "function": self.function,
                "field": environment.SCHEDULED_TIME,
                "dead_letters": self.dead_letters,
            },
            self,
            self._operations,
        )
        self.dashboard_row = self._dashboard_row()
        self.register_outputs({"functionName": self.function.name, "bucketName": self.bucket.name})

    def _dashboard_row(self) -> Row:
        function = self.function
        return {
            "title": self._name,
            "graphs": [
                graph("Items counted and mails sent", function.own_metric("Items"), function.own_metric("MailsSent")),
                graph(
                    "Failures",
                    function.metric("Errors", "errors"),
                    self.dead_letters.messages("dead letters"),
                    *([function.own_metric(environment.BROKEN_EXPECTATIONS)] if self._expects else []),
                ),
                graph("Tables cut off by the budget", function.own_metric("ApproximateTables")),
                graph(
                    "Cost: milliseconds of the function, read units",
                    function.metric("Duration", "reporter"),
                    function.own_metric("ReadUnits"),
                ),
            ],
        }

    def _create_bucket(self) -> Bucket:
        dated: LifecycleRule = {"prefix": f"{PREFIX}date=", "expire_days": self._history_days}
        return Bucket(f"{self._name}-reports", {"lifecycle": [dated], "operations": self._operations}, self._child())

    def _create_totals(self, group: Group) -> Table:
        return Table(
            f"{self._name}-totals-{group['name'].lower()}",
            {
                "partition_key": {"name": "group"},
                "sort_key": {"name": "generated_at"},
                "table_name": group.get("totals_table_name", f"{group['prefix']}totales"),
                "expires_by": "expires_at",
                "operations": self._operations,
            },
            self._child(),
        )

    def _create_dead_letters(self) -> Queue:
        return Queue(f"{self._name}-dead-letters", {"operations": self._operations}, self._child())

    def _create_function(self) -> Function:
        args = self._args
        groups = [{**described(group), "totals_table": self.totals_tables[group["name"]]} for group in args["groups"]]
        return Function(
            f"{self._name}-reporter",
            {
                "handler": environment.HANDLER,
                "code": archive(environment.HANDLER),
                "description": "Counts the items of tables by prefix and reports them",
                "environment": {
                    environment.GROUPS: pulumi.Output.json_dumps(groups),
                    environment.NAME_ATTRIBUTE: args.get("name_attribute", defaults.NAME_ATTRIBUTE),
                    environment.DATE_ATTRIBUTE: args.get("date_attribute", defaults.DATE_ATTRIBUTE),
                    environment.BUCKET: self.bucket.name,
                    environment.READ_UNITS: str(int(args.get("read_units", defaults.READ_UNITS))),
                    environment.ITEMS_PER_TABLE: str(int(args.get("items_per_table", defaults.ITEMS_PER_TABLE))),
                    environment.HISTORY_DAYS: str(self._history_days),
                    environment.ENVIRONMENT: args["environment"],
                    environment.MAIL: self._mail.value,
                    **self._mail_variables(),
                },
                "settings": {
                    environment.GROUPS: "groups",
                    environment.RECIPIENTS: "recipients",
                    environment.MAIL_ONLY_TO: "mail.onlyTo",
                },
                "statements": self._statements(),
                "timeout_seconds": timeout_seconds(args["every"]),
                "memory_mib": 512,
                "operations": self._operations,
            },
            self._child(),
        )

    def _mail_variables(self) -> dict[str, pulumi.Input[str]]:
        sending = self._sending
        if not sending:
            return {}
        return {
            environment.RECIPIENTS: json.dumps(list(self._args.get("recipients", []))),
            environment.MAIL_ENABLED: flag_text(sending.get("enabled", mail_defaults.ENABLED)),
            environment.MAIL_ONLY_TO: json.dumps(list(sending.get("only_to", []))),
            environment.MAIL_SENDER: from_header(sending),
            environment.MAIL_REPLY_TO: sending.get("reply_to") or "",
            environment.MAIL_CONFIGURATION_SET: sending["configuration_set_name"],
        }

    def _statements(self) -> list[Statement]:
        totals = [table.arn for table in self._totals.values()]
        counted = [beside(totals[0], f"table/{group['prefix']}*") for group in self._args["groups"]]
        reports = pulumi.Output.concat(self.bucket.arn, f"/{PREFIX}*")
        return [
            # ListTables cannot be restricted to resources: AWS accepts it on `*` only. It shows only names.
            allow("FindTables", ["dynamodb:ListTables"], ["*"]),
            allow("ReadTables", ["dynamodb:DescribeTable", "dynamodb:Scan"], counted),
            *decrypt_tables(self._args.get("kms_keys", []), totals[0]),
            allow("KeepTotals", ["dynamodb:Query", "dynamodb:UpdateItem"], totals),
            allow("KeepReports", ["s3:GetObject", "s3:PutObject"], [reports]),
            *([may_send(self._sending)] if self._sending else []),
            allow("KeepFailures", ["sqs:SendMessage"], [self.dead_letters.arn]),
        ]

    def _create_retries(self) -> None:
        """Sets retries of the function's own failures; the schedule's cover only the delivery of its event."""
        aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-retries",
            function_name=self.function.name,
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=event_age_seconds(self._args["every"]),
            destination_config={"on_failure": {"destination": self.dead_letters.arn}},
            opts=self._child(self.function.policy),
        )

    def _create_alarms(self) -> None:
        self._alarm_on(
            "report",
            "undelivered",
            self.function.metric("DestinationDeliveryFailures"),
            "A report failed for good and did not reach the dead letters: it cannot be redriven.",
            "Look at the role's statement KeepFailures and at the queue's policy.",
            essential=True,
        )
        self._alarm_on(
            "report",
            "unreadable",
            self.function.own_metric("UnreadableTables"),
            "Tables may not be read: the report marks them, with DynamoDB's own count.",
            "Look at `notes` in the reporter's log for which, and why.",
        )
        if self._expects:
            self._alarm_on(
                "report",
                "broken",
                self.function.own_metric(environment.BROKEN_EXPECTATIONS),
                "A group's total is not as expected: the report shows which and by how much.",
                f"Look at {PREFIX}latest.html in its bucket, and at what writes to the tables.",
                essential=True,
            )
        self._create_alarm_on_silence()

    def _create_alarm_on_silence(self) -> None:
        """Watches for a schedule that is disabled or may no longer invoke its function, which causes no failure."""
        every = self._args["every"]
        too_long = silence(every)
        if too_long is None:
            pulumi.log.info(
                f"Runs of {every} may be seven days or more apart, and alarms look back seven days at most: "
                "no alarm is raised if they stop.",
                self,
            )
            return
        self._alarm(
            "silent",
            {
                "metric": self.function.metric("Invocations"),
                "silence": True,
                "period_seconds": too_long.seconds,
                "periods": too_long.number,
                "meaning": f"No report was started for {too_long.hours:g} hours, against {every}.",
                "look": "Look at the schedule's state and at its role.",
                "section": "report",
                "essential": True,
            },
        )
