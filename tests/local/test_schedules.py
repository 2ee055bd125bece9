import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.schedules import Expression, Fired, Schedule

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
NEVER = datetime.max.replace(tzinfo=UTC)
CONFIGURATION = {
    "Name": "report",
    "ScheduleExpression": "rate(5 minutes)",
    "Target": {
        "Arn": "arn:aws:lambda:eu-north-1:000000000000:function:reporter",
        "Input": '{"scheduled_time": "<aws.scheduler.scheduled-time>"}',
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-north-1:000000000000:dead"},
    },
}


class Aws:
    """Lambda and SQS: takes what it is sent, after so many refusals."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.invoked: list[dict[str, Any]] = []
        self.buried: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> None:
        self.invoked.append(arguments)
        if len(self.invoked) <= self.refusals:
            raise ConnectionError("nobody there")

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": "dead"}

    def send_message(self, **arguments: Any) -> None:
        self.buried.append(arguments)


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self, until: datetime = NEVER) -> None:
        self.time, self._until = NOON, until

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.time += timedelta(seconds=seconds)
        return self.time > self._until


def schedule(aws: Aws, clock: Clock, told: list[Fired] | None = None, **changes: Any) -> Schedule:
    on_event = (told if told is not None else []).append
    return Schedule({**CONFIGURATION, **changes}, aws, aws, on_event, now=clock.now, wait=clock.wait)


def run(schedule: Schedule) -> None:
    schedule.start()
    schedule._thread.join(10)
    assert not schedule._thread.is_alive()


def stamps(aws: Aws) -> list[str]:
    return [json.loads(call["Payload"])["scheduled_time"] for call in aws.invoked]


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(1 minute)", ["2026-11-21T12:01", "2026-11-21T12:02"]),
        ("rate(2 hours)", ["2026-11-21T14:00", "2026-11-21T16:00"]),
        ("rate(1 day)", ["2026-11-22T12:00", "2026-11-23T12:00"]),
        ("cron(0 8 * * ? *)", ["2026-11-22T08:00", "2026-11-23T08:00"]),
        ("cron(0/20 12-13 * * ? *)", ["2026-11-21T12:20", "2026-11-21T12:40", "2026-11-21T13:00"]),
        ("cron(30 9 ? * MON-FRI *)", ["2026-11-23T09:30", "2026-11-24T09:30"]),
        ("cron(0 0 ? * 1 *)", ["2026-11-22T00:00", "2026-11-29T00:00"]),  # 1 is Sunday
        ("cron(0 0 1 JAN,jul ? *)", ["2027-01-01T00:00", "2027-07-01T00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 1 1 ? 2030-2031)", ["2030-01-01T00:00", "2031-01-01T00:00"]),
    ],
)
def test_an_expression_names_its_next_times(expression, times):
    parsed, moment, found = Expression.parse(expression), NOON, []
    for _ in times:
        moment = parsed.after(moment)
        found.append(f"{moment:%Y-%m-%dT%H:%M}")
    assert found == times


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 59),
    st.integers(0, 23),
)
def test_a_daily_time_is_the_first_of_its_kind_after_a_moment(moment, minute, hour):
    found = Expression.parse(f"cron({minute} {hour} * * ? *)").after(moment)
    assert (found.hour, found.minute, found.second) == (hour, minute, 0)
    assert timedelta(0) < found - moment <= timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rate(0 minutes)",
        "rate(5)",
        "at(2026-11-21T12:00:00)",
        "cron(0 8 * * ?)",
        "cron(60 8 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 8 L * ? *)",
        "cron(0 8 ? * MON#2 *)",
        "cron(5-1 8 * * ? *)",
        "cron(0/0 8 * * ? *)",
    ],
)
def test_what_is_no_schedule_is_refused_by_name(text):
    with pytest.raises(ValueError, match="schedule"):
        Expression.parse(text)


def test_a_day_that_never_comes_is_an_error():
    with pytest.raises(ValueError, match="never fires"):
        Expression.parse("cron(0 0 30 2 ? *)").after(NOON)


def test_it_fires_at_its_times_with_these_times_in_the_input():
    aws, clock, told = Aws(), Clock(until=NOON + timedelta(minutes=15)), []
    run(schedule(aws, clock, told))
    assert stamps(aws) == ["2026-11-21T12:05:00Z", "2026-11-21T12:10:00Z", "2026-11-21T12:15:00Z"]
    assert {call["InvocationType"] for call in aws.invoked} == {"Event"}
    assert told[0] == Fired("report", "reporter", "2026-11-21T12:05:00Z", None)


def test_times_that_passed_while_the_machine_slept_are_left_out():
    aws, clock = Aws(), Clock(until=NOON + timedelta(hours=2, minutes=5))

    def sleep_over(seconds: float) -> bool:
        asleep = timedelta(hours=1, minutes=57) if clock.time == NOON else timedelta(0)
        clock.time += asleep
        return clock.wait(seconds)

    run(Schedule(CONFIGURATION, aws, aws, now=clock.now, wait=sleep_over))
    assert stamps(aws) == ["2026-11-21T12:05:00Z", "2026-11-21T14:05:00Z"]


def test_a_schedule_that_names_no_further_time_ends():
    aws = Aws()
    run(schedule(aws, Clock(), ScheduleExpression="cron(0 0 1 1 ? 2027)"))
    assert stamps(aws) == ["2027-01-01T00:00:00Z"]


def test_what_cannot_be_delivered_is_told_and_kept_with_its_time():
    aws, told = Aws(refusals=9), []
    schedule(aws, Clock(), told).fire(NOON)
    (message,) = aws.buried
    assert json.loads(message["MessageBody"]) == {"scheduled_time": "2026-11-21T12:00:00Z"}
    assert told == [Fired("report", "reporter", "2026-11-21T12:00:00Z", "nobody there")]


def test_a_failure_to_keep_a_dead_letter_ends_no_schedule():
    class Broken(Aws):
        def send_message(self, **arguments: Any) -> None:
            raise ConnectionError("no queue")

    aws = Broken(refusals=1)
    run(schedule(aws, Clock(until=NOON + timedelta(minutes=10))))
    assert stamps(aws) == ["2026-11-21T12:05:00Z", "2026-11-21T12:10:00Z"]


def test_stopping_ends_it_at_once():
    aws = Aws()
    running = Schedule(CONFIGURATION, aws, aws)
    running.start()
    running.stop()
    assert aws.invoked == []
