import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.showing import chart
from handlers.reporter.showing.view import Point
from tests.handlers.reporter.fakes import AT, unhurried

HISTORIES = st.lists(
    st.builds(Point, at=st.integers(0, 10**6).map(lambda s: AT + timedelta(seconds=s)), total=st.integers(0, 10**12)),
    min_size=2,
    max_size=50,
).map(lambda points: sorted(points, key=lambda point: point.at))


@unhurried
@given(HISTORIES)
def test_a_line_stays_within_its_box(history: list[Point]) -> None:
    path = re.search(r'class="line" d="M([^"]*)"', chart.line(history))
    assert path
    places = [tuple(map(float, place.split())) for place in path[1].split("L")]
    assert len(places) == len(history)
    assert all(0 <= x <= 1000 and 0 <= y <= 100 for x, y in places)
    assert [x for x, _ in places] == sorted(x for x, _ in places)


@unhurried
@given(HISTORIES, st.integers(10, 100))
def test_columns_rise_with_the_totals(history: list[Point], height: int) -> None:
    columns = chart.columns(history, height)
    assert all(1 <= column <= height for column in columns)
    by_total = sorted(zip((point.total for point in history), columns, strict=True))
    assert [column for _, column in by_total] == sorted(columns)


def test_a_chart_says_in_words_what_it_shows() -> None:
    history = [Point(AT - timedelta(minutes=10), 30), Point(AT - timedelta(minutes=5), 10), Point(AT, 20)]
    assert "from 30 to 20, lowest 10, highest 30" in chart.described(history)
    assert 'role="img" aria-label="Totals of 3 reports, 08:55 to 09:05 UTC' in chart.line(history)


def test_a_total_that_never_changed_is_a_line_in_the_middle() -> None:
    history = [Point(AT - timedelta(minutes=5), 7), Point(AT, 7)]
    assert 'class="line" d="M0 50L1000 50"' in chart.line(history)
