import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.attributes import UnknownAttributeTypeError, json_object, json_text, text

scalars = st.one_of(
    st.text().map(lambda s: ({"S": s}, s)),
    st.integers(-(10**37), 10**37).map(lambda n: ({"N": str(n)}, n)),
    st.booleans().map(lambda b: ({"BOOL": b}, b)),
    st.just(({"NULL": True}, None)),
    st.lists(st.text(), min_size=1).map(lambda names: ({"SS": names}, names)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner).map(lambda pairs: ({"L": [v for v, _ in pairs]}, [p for _, p in pairs])),
        st.dictionaries(st.text(), inner).map(
            lambda pairs: (
                {"M": {k: v for k, (v, _) in pairs.items()}},
                {k: p for k, (_, p) in pairs.items()},
            )
        ),
    ),
)


@given(values)
def test_any_value_reads_back_as_what_it_stands_for(pair):
    value, meaning = pair
    assert json.loads(json_text(value)) == meaning


@given(st.dictionaries(st.text(), values.map(lambda pair: pair[0])))
def test_an_object_is_its_names_and_the_json_texts_of_its_values(item):
    members = ",".join(f"{json.dumps(name)}:{json_text(value)}" for name, value in item.items())
    assert json_object(item) == f"{{{members}}}"


@pytest.mark.parametrize("value", [{"X": 1}, {}, {"S": "a", "N": "1"}, {"S": None}, {"S": {}}, "S", None])
def test_an_object_with_a_value_of_an_unknown_type_is_an_error(value):
    with pytest.raises((TypeError, UnknownAttributeTypeError)):
        json_object({"a": {"S": "text"}, "b": value})


@pytest.mark.parametrize("digits", ["0.1", "12345678901234567890123456789012345678", "1E-7", "-0.000", "1E+126"])
def test_numbers_are_written_digit_for_digit(digits):
    assert json_text({"N": digits}) == digits


@pytest.mark.parametrize("digits", ["NaN", "+1", ".5", "01"])
def test_a_number_that_json_cannot_write_becomes_a_string(digits):
    assert json.loads(json_text({"N": digits})) == digits


def test_binary_stays_base64():
    assert json.loads(json_object({"b": {"B": "AAE="}, "bs": {"BS": ["AAE="]}})) == {
        "b": "AAE=",
        "bs": ["AAE="],
    }


@pytest.mark.parametrize(
    "value", [{"X": 1}, {}, {"S": "a", "N": "1"}, {"L": [{"X": 1}]}, {"M": {"a": 3}}, "S", {"S": None}]
)
def test_an_unknown_type_is_an_error_of_its_own(value):
    with pytest.raises(UnknownAttributeTypeError, match="attribute value"):
        json_text(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"S": "Åsa"}, "Åsa"),
        ({"N": "1.50"}, "1.50"),
        ({"NULL": True}, ""),
        (None, ""),
        ({"L": [{"N": "1"}]}, "[1]"),
    ],
)
def test_text_shows_a_value_as_it_is(value, shown):
    assert text(value) == shown
