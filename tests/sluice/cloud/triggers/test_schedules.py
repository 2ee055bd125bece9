import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.cloud.triggers.schedules import Fired, Schedule

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


def test_the_last_day_of_the_month_is_run_here_too():
    aws = Aws()
    run(schedule(aws, Clock(until=NOON + timedelta(days=60)), ScheduleExpression="cron(0 8 L * ? *)"))
    assert stamps(aws) == ["2026-11-30T08:00:00Z", "2026-12-31T08:00:00Z"]


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
