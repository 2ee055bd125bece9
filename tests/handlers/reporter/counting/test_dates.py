from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.reporter.counting.dates import recency_of


def instant(*fields: int) -> tuple[int, float]:
    return 2, datetime(*fields, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]  # the fields, in their order


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"S": "2026-11-21T09:00:00+02:00"}, {"S": "2026-11-21T08:00:00Z"}),
        ({"S": "2026-11-21"}, {"S": "2026-11-21T00:00:01"}),
        ({"S": "1969-12-31"}, {"N": "0"}),
        ({"N": "1763716000"}, {"N": "1763716001000"}),
        ({"S": "1763716000"}, {"S": "1763716001.5"}),
        ({"N": "1763716001000000000"}, {"S": "2026-01-01"}),
        ({"S": "-1.5"}, {"S": "-1"}),
        ({"S": "last Tuesday"}, {"S": "1970-01-01"}),
        ({"S": "a"}, {"S": "b"}),
        ({"S": ""}, {"S": "a"}),
        ({"S": " \n"}, {"S": "a"}),
        (None, {"S": "a"}),
        ({"NULL": True}, {"BOOL": True}),
    ],
)
def test_dates_are_ordered_by_time_then_texts_then_nothing(older: Any, newer: Any) -> None:
    assert recency_of(older) < recency_of(newer)


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2026-11-21", (2026, 11, 21)),
        ("2026-11-21T10:05:00+01:00", (2026, 11, 21, 9, 5)),
        ("2026-11-21 09:05:00.25", (2026, 11, 21, 9, 5, 0, 250_000)),
        ("20261121T090500Z", (2026, 11, 21, 9, 5)),
        ("2026-W47-6", (2026, 11, 21)),
        (" 2026-11-21\n", (2026, 11, 21)),
        ("20261121", (2026, 11, 21)),
        ("202611210905", (2026, 11, 21, 9, 5)),
        ("20250101120000", (2025, 1, 1, 12)),
        ("20240630235959", (2024, 6, 30, 23, 59, 59)),
        ("20240630235959250", (2024, 6, 30, 23, 59, 59, 250_000)),
        ("20240630235959250001", (2024, 6, 30, 23, 59, 59, 250_001)),
        ("1795600000", (2026, 11, 25, 9, 46, 40)),
        ("1795600000.5", (2026, 11, 25, 9, 46, 40, 500_000)),
        ("1710122301234", (2024, 3, 11, 1, 58, 21, 234_000)),
        ("1710122301234.0", (2024, 3, 11, 1, 58, 21, 234_000)),
        ("1710122301234000", (2024, 3, 11, 1, 58, 21, 234_000)),
        ("1710122301000000000", (2024, 3, 11, 1, 58, 21)),
        ("20251301", (1970, 8, 23, 9, 21, 41)),  # there is no such month, so it is seconds
        ("1763712312", (2025, 11, 21, 8, 5, 12)),  # ten digits are seconds, never an hour of 1763
    ],
)
def test_a_form_is_read_as_the_time_that_it_means(date: str, time: tuple[int, ...]) -> None:
    assert recency_of({"S": date}) == instant(*time)
    if date.replace(".", "").isdecimal():
        assert recency_of({"N": date}) == instant(*time)


@pytest.mark.parametrize("text", ["21/11/2026", "2026", "21 Nov 2026", "٢٠٢٦-١١-٢١", "2026-11", "17101223 foo"])
def test_what_is_no_such_form_is_a_text_or_a_number(text: str) -> None:
    assert recency_of({"S": text}) in ((1, text), (2, 2026.0))


def test_numbers_are_read_in_the_unit_that_their_size_tells() -> None:
    time = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    for unit in (1, 1e3, 1e6, 1e9):
        assert recency_of({"N": f"{time * unit:.0f}"}) == (2, time)


def test_of_a_huge_text_the_beginning_is_what_counts() -> None:
    assert recency_of({"S": "d" * 400_000}) == (1, "d" * 1000)
    assert recency_of({"L": [{"S": "d" * 400_000}]}) == (1, '["' + "d" * 998)
