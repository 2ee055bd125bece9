"""Schedules through the Scheduler API: what it shows is what runs, and what it is told is heeded."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.triggers.schedules import Schedule
from tests.sluice.cloud.triggers.test_mappings import Account

WHEN = {"FlexibleTimeWindow": {"Mode": "OFF"}}


def eventually(holds: Callable[[], Any]) -> bool:
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(holds())


class Made:
    """A schedule that somebody made by hand, every minute, for a function that logs what it gets."""

    def __init__(self, embedded: EmbeddedCloud, account: Account, name: str, **settings: Any) -> None:
        self._embedded, self.name = embedded, name
        self.scheduler = account.cloud.client("scheduler")
        account.function(name, "def handle(event, context):\n    print('got', event)\n")
        arn = account.lambda_.get_function_configuration(FunctionName=name)["FunctionArn"]
        self.target = {
            "Arn": arn,
            "RoleArn": account.role,
            "Input": json.dumps({"at": "<aws.scheduler.scheduled-time>"}),
        }
        made = self.scheduler.create_schedule(
            Name=name, ScheduleExpression="rate(1 minute)", Target=self.target, **WHEN, **settings
        )
        self.arn = made["ScheduleArn"]

    @property
    def running(self) -> Schedule | None:
        return self._embedded._timetable.running(self.arn)

    @property
    def state(self) -> str:
        return self.scheduler.get_schedule(Name=self.name)["State"]

    def update(self, **settings: Any) -> None:
        given = {"ScheduleExpression": "rate(1 minute)", "Target": self.target, **WHEN, **settings}
        self.scheduler.update_schedule(Name=self.name, **given)


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def account(embedded: EmbeddedCloud) -> Account:
    return Account(embedded, [])


def logged(cloud: Cloud, function: str) -> str:
    logs = cloud.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    name = f"/aws/lambda/{function}"
    return str(logs.filter_log_events(logGroupName=name)["events"]) if name in groups else ""


def test_a_schedule_that_somebody_makes_runs_and_has_its_time(embedded: EmbeddedCloud, account: Account) -> None:
    made = Made(embedded, account, "ticks")
    assert made.state == "ENABLED"
    assert eventually(lambda: made.running)
    made.running.fire(datetime(2026, 11, 27, 8, tzinfo=UTC))
    assert eventually(lambda: "2026-11-27T08:00:00Z" in logged(account.cloud, "ticks"))


def test_a_schedule_is_disabled_and_enabled(embedded: EmbeddedCloud, account: Account) -> None:
    made = Made(embedded, account, "switched", State="DISABLED")
    other = Made(embedded, account, "other")
    assert eventually(lambda: other.running)
    assert (made.state, made.running) == ("DISABLED", None)
    made.update(State="ENABLED")
    assert eventually(lambda: made.running)
    made.update(State="DISABLED")
    assert eventually(lambda: made.running is None)


def test_another_expression_and_input_are_heeded(embedded: EmbeddedCloud, account: Account) -> None:
    made = Made(embedded, account, "changed")
    assert eventually(lambda: made.running)
    before = made.running
    made.update(ScheduleExpression="rate(1 hour)", Target={**made.target, "Input": '"other input"'})
    assert eventually(lambda: made.running not in (None, before))
    made.running.fire(datetime(2026, 11, 27, 8, tzinfo=UTC))
    assert eventually(lambda: "other input" in logged(account.cloud, "changed"))


def test_a_schedule_that_is_deleted_ends(embedded: EmbeddedCloud, account: Account) -> None:
    made = Made(embedded, account, "deleted")
    assert eventually(lambda: made.running)
    made.scheduler.delete_schedule(Name="deleted")
    assert eventually(lambda: made.running is None)


def test_a_schedule_that_is_not_run_here_is_said_and_disturbs_no_other(
    embedded: EmbeddedCloud, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    Made(embedded, account, "unreadable").update(ScheduleExpression="cron(nonsense)")
    other = Made(embedded, account, "readable")
    assert eventually(lambda: other.running)
    assert "schedule unreadable is not run here" in caplog.text


def test_the_schedules_and_targets_of_a_stack_are_shown_as_they_are(embedded: EmbeddedCloud) -> None:
    stack = embedded.deploy("local")
    (schedule,) = stack.graph.of_type("aws:scheduler/schedule:Schedule")
    group, name = schedule.id.split("/")
    shown = stack.cloud.client("scheduler").get_schedule(GroupName=group, Name=name)
    assert shown["State"] == "ENABLED"
    assert stack.schedules == [embedded._timetable.running(shown["Arn"])]
