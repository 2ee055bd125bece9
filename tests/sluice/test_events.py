import time

import pytest

from sluice.cloud.triggers.schedules import Fired
from sluice.cloud.triggers.streams import events
from sluice.events import Display, import_line, line, show_import, show_mail

NAMES = ("mapping", "archiver", "shard")


def plain(parts):
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (events.Invoked(*NAMES, 1, 0.02, 0, None, 0), "1 record in 20 ms"),
        (
            events.Invoked(*NAMES, 5, 0.02, 1, "ValueError: [/x]", 5),
            "5 of 5 records failed (attempt 2): ValueError: [/x]",
        ),
        (events.Invoked(*NAMES, 5, 0.02, 0, None, 2), "2 of 5 records failed (attempt 1): partial failure"),
        (events.Bisected(*NAMES, 5, (2, 3)), "5 records cut into 2 + 3"),
        (
            events.Discarded(*NAMES, 1, "RecordAgeExceeded", "s3://b/[k]"),
            "1 record given up (RecordAgeExceeded) -> s3://b/[k]",
        ),
        (events.Discarded(*NAMES, 2, "RecordAgeExceeded", None), "2 records given up (RecordAgeExceeded)"),
        (events.Delayed(*NAMES, "Invoke", "Throttled", True, 0.5), "Invoke again in 0.5 s: Throttled"),
    ],
)
def test_each_event_is_told_in_a_line(event, told):
    assert plain(line(event)) == told


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {"status": "PARTIAL", "rows_written": 1, "rows_rejected": 1_000, "error": None},
            "incoming/[b].csv: PARTIAL, 1 row written, 1,000 rejected",
        ),
        (
            {"status": "FAILED", "rows_written": 0, "rows_rejected": 0, "error": "no [/] header"},
            "incoming/[b].csv: FAILED, 0 rows written, 0 rejected: no [/] header",
        ),
    ],
)
def test_how_an_import_ended_is_told_in_a_line(entry, told):
    assert plain(import_line({"object": "bucket/incoming/[b].csv", **entry})) == told


@pytest.fixture
def in_india(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_mail_and_an_import_have_the_time_when_they_happened_not_when_they_were_seen(in_india, capsys):
    show_mail(
        {"to": ["a@b.c"], "from": "", "subject": "Hi", "text": "", "html": "", "sent_at": "2026-11-27T18:29:59.123Z"}
    )
    counts = {"rows_written": 1, "rows_rejected": 0, "error": None}
    show_import({"object": "b/x.csv", "status": "SUCCEEDED", "finished_at": "2026-11-27T18:30:00.000Z", **counts})
    assert (
        capsys.readouterr().out
        == "23:59:59  mail  a@b.c: Hi\n00:00:00  import  x.csv: SUCCEEDED, 1 row written, 0 rejected\n"
    )


@pytest.mark.parametrize(
    "event",
    [
        events.Invoked(*NAMES, 1, 0.02, 0, None, 0, at=1795805999.9),
        Fired("every", "archiver", "2026-11-27T18:29:00Z", None, at=1795805999.9),
    ],
    ids=["stream", "schedule"],
)
def test_what_happened_on_a_stream_or_by_a_schedule_has_its_time(in_india, capsys, event):
    Display().show(event)
    assert capsys.readouterr().out.startswith("00:29:59  archiver  ")


def test_an_event_has_the_time_at_which_it_was_made():
    before = time.time()
    event = events.Bisected(*NAMES, 5, (2, 3))
    assert before <= event.at <= time.time()
    assert event == events.Bisected(*NAMES, 5, (2, 3))


def test_a_call_that_fails_again_and_again_is_shown_once(capsys):
    now = 0.0
    display = Display(clock=lambda: now)
    delayed = events.Delayed(*NAMES, "GetRecords", "no table", False, 1.0)
    for event, seconds in (
        (delayed, 0),
        (delayed, 1),
        (delayed, 59),
        (events.Delayed(*NAMES, "GetRecords", "throttled", True, 1.0), 1),  # another error
        (events.Delayed("other", *NAMES[1:], "GetRecords", "throttled", True, 1.0), 0),  # another mapping
        (events.Delayed(*NAMES, "GetRecords", "throttled", True, 1.0), 61),  # it had worked meanwhile
        (events.Invoked(*NAMES, 1, 0.02, 0, None, 0), 0),
        (events.Invoked(*NAMES, 1, 0.02, 0, None, 0), 0),
    ):
        now += seconds
        display.show(event)
    told = [line.split("  ", 2)[2] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "GetRecords again in 1.0 s: no table",
        "GetRecords again in 1.0 s: throttled",
        "GetRecords again in 1.0 s: throttled",
        "GetRecords again in 1.0 s: throttled",
        "1 record in 20 ms",
        "1 record in 20 ms",
    ]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SystemExit(1)])
def test_what_nobody_can_be_told_any_more_does_not_stop_whoever_tells_it(error, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr("sluice.events.say", fail)
    Display().show(events.Invoked(*NAMES, 1, 0.02, 0, None, 0))
