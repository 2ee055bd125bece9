from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.numbers import decimal_of, plain_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5, "5"),
        (-0.0, "0"),
        (100, "100"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
        (Decimal("12.50"), "12.5"),
        (Decimal("-0.0001"), "-0.0001"),
        (10**37 + 1, "10000000000000000000000000000000000001"),
    ],
)
def test_a_number_is_the_text_that_a_stream_has_for_it(number, text):
    assert plain_text(decimal_of(number)) == text


@pytest.mark.parametrize(
    "number",
    [True, "5", None, float("nan"), float("inf"), 10**126, 1e-131, 10**38 + 1, Decimal("1E+999999"), 10**4000 + 1],
)
def test_what_dynamodb_has_no_number_for_is_refused(number):
    with pytest.raises(ValueError):
        decimal_of(number)


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-40, 80))
def test_no_digit_is_lost(digits, exponent):
    number = Decimal(digits).scaleb(exponent) if len(str(abs(digits))) <= 28 else Decimal(digits)
    assert Decimal(plain_text(decimal_of(number))) == number
