import pytest
from rich.text import Text

from local.streams import events
from sluice.events import line

NAMES = ("mapping", "archiver", "shard")


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
    assert Text.from_markup(line(event)).plain == told
