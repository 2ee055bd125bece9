import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import RowError
from handlers.importer.items.numbers import WRITTEN_AS_JSON, canonical, number, written_as_numbers

DIGITS = st.text("0123456789", min_size=1, max_size=45)


@pytest.mark.parametrize(
    "text",
    ["0", "-1", "0.1", "12.50", "1234567890123456789", "-0.0000000000000000001"],
)
def test_a_plain_number_stays_as_written(text: str) -> None:
    assert number(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" 5 ", "5"),
        ("+5", "5"),
        ("007", "7"),
        (".5", "5e-1"),
        ("5.", "5"),
        ("1E5", "1e5"),
        ("1e-7", "1e-7"),
        ("1e" + "0" * 30 + "5", "1e5"),
        ("1e-" + "0" * 30, "1"),
        ("-0", "0"),
        ("0e999999999999999999999999", "0"),
        ("1" * 38, "1" * 38),
        ("1" + "0" * 100, "1e100"),
        ("0." + "0" * 129 + "1", "1e-130"),
        ("9" * 38 + "e88", "9" * 38 + "e88"),
    ],
)
def test_other_ways_to_write_a_number_lose_only_what_carries_no_value(text: str, value: str) -> None:
    assert canonical(text) == value
    assert Decimal(number(text)) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a number"),
        ("abc", "is not a number"),
        ("1,000", "is not a number"),
        ("1_000", "is not a number"),
        ("٣", "is not a number"),
        ("0x10", "is not a number"),
        ("NaN", "is not a number"),
        ("Infinity", "is not a number"),
        (".", "is not a number"),
        ("1e", "is not a number"),
        ("1" * 39, "has 39 digits"),
        ("1e126", "out of DynamoDB's range"),
        ("1e-131", "out of DynamoDB's range"),
        ("1e99999999999999999999", "out of DynamoDB's range"),
        ("1e-99999999999999999999", "out of DynamoDB's range"),
    ],
)
def test_what_dynamodb_cannot_keep_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        number(text)


@settings(deadline=None)
@given(st.sampled_from(["", "-", "+"]), DIGITS, DIGITS, st.integers(-60, 60))
def test_every_number_that_is_accepted_keeps_its_value(sign: str, whole: str, fraction: str, power: int) -> None:
    text = f"{sign}{whole}.{fraction}e{power}"
    exact = Decimal(text)
    if len(exact.as_tuple().digits) <= 38:
        assert Decimal(number(text)) == exact
        assert canonical(text) == canonical(str(exact))


@given(st.lists(st.text("01.-+\n\r ", max_size=4) | DIGITS, max_size=5))
def test_numbers_are_plain_together_only_if_each_is_alone(texts: list[str]) -> None:
    assert not written_as_numbers(texts) or [number(text) for text in texts] == texts


@given(st.from_regex(r"-?[0-9]{0,3}[0-9]{0,40}(\.[0-9]{0,22})?", fullmatch=True) | st.text("0123-.\n", max_size=5))
def test_the_pattern_of_plain_numbers_says_what_a_plain_one_says(text: str) -> None:
    whole = r"-?(?:(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,19})?|[1-9][0-9]{0,37})"
    assert written_as_numbers([text]) == bool(re.fullmatch(whole, text))
    json = r"0|-?(?:[1-9][0-9]{0,18}(?:\.[0-9]{1,19})?|0\.[0-9]{1,19})"
    assert bool(re.fullmatch(WRITTEN_AS_JSON, text)) == bool(re.fullmatch(json, text))


@given(st.lists(st.integers(-(10**38) + 1, 10**38 - 1).map(str) | st.sampled_from(["0.1", "-12.50"]), max_size=5))
def test_plain_numbers_are_seen_as_such_together(texts: list[str]) -> None:
    assert written_as_numbers(texts)
