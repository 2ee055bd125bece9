from urllib.parse import quote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.aws.percent import percent_decoded, percent_encoded


@pytest.mark.parametrize(
    ("text", "encoded"), [("a-b_c.d~e", "a-b_c.d~e"), ("a b/ü", "a%20b%2F%C3%BC"), ("%2F+&=", "%252F%2B%26%3D")]
)
def test_all_but_unreserved_characters_is_encoded(text: str, encoded: str):
    assert percent_encoded(text) == encoded


@given(st.text(), st.sampled_from(["", "/"]))
def test_a_text_is_encoded_as_the_standard_library_does(text: str, also_plain: str):
    assert percent_encoded(text, also_plain) == quote(text, safe="~" + also_plain)


def test_a_text_that_has_no_bytes_is_an_error():
    with pytest.raises(UnicodeEncodeError):
        percent_encoded("\ud800")


@given(
    st.lists(
        st.sampled_from(["%", "+", "C3", "%C3", "%bc", "%2B", "%zz", "ü", "€", "a", " "]) | st.text(max_size=3)
    ).map("".join)
)
def test_a_text_is_decoded_as_the_standard_library_does(text: str):
    try:
        expected = unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            percent_decoded(text)
    else:
        assert percent_decoded(text) == expected


def test_a_text_with_half_a_character_is_an_error():
    with pytest.raises(UnicodeEncodeError):
        percent_decoded("\ud800")
