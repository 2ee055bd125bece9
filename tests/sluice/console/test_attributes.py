import json

import pytest

from sluice.console.attributes import plain, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": "a"}, "a"),
        ({"N": "12.50"}, "12.50"),
        ({"BOOL": True}, "true"),
        ({"NULL": True}, "null"),
        ({"B": "AAE="}, "AAE="),
        ({"SS": ["a", "b"]}, '["a", "b"]'),
        ({"L": [{"S": "é"}, {"M": {"n": {"N": "1"}}}]}, '["é", {"n": "1"}]'),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_values_of_a_record_are_shown_as_people_read_them(value, text):
    assert shown(value) == text


def test_a_null_is_none():
    assert plain({"NULL": True}) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": "<b>\u674e"}, "<b>\u674e"),
        ({"N": "12345678901234567890.123"}, "12345678901234567890.123"),
        ({"B": b"12345"}, "5 bytes"),
        ({"BS": [b"1", b"22"]}, '["1 bytes", "2 bytes"]'),
        ({"BOOL": True}, "true"),
        ({"NULL": True}, "null"),
        ({"SS": ["a", "b"]}, '["a", "b"]'),
        ({"M": {"a": {"L": [{"N": "1"}, {"NULL": True}]}, "b": {"B": b""}}}, '{"a": ["1", null], "b": "0 bytes"}'),
    ],
    ids=range(8),
)
def test_values_from_the_sdk_are_shown_as_people_read_them(value, text):
    assert shown(value) == text
    json.dumps(plain(value))
