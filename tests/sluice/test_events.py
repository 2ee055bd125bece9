import pytest

from local.streams import events
from sluice.events import import_line, line

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
