import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from sluice.console.pages.tables import _start, _token, _typed

KEYS = st.one_of(
    st.builds(lambda text: {"S": text}, st.text()),
    st.builds(lambda number: {"N": str(number)}, st.decimals(allow_nan=False, allow_infinity=False)),
    st.builds(lambda held: {"B": held}, st.binary()),
)


@given(st.dictionaries(st.text(min_size=1), KEYS, min_size=1, max_size=2))
def test_a_place_comes_back_from_an_address_as_it_was(key):
    token = _token(key)
    assert token.isascii()
    assert _start(token) == key


@pytest.mark.parametrize("token", ["nonsense!", "MQ==", "4pyT", "WzFd", "eyJhIjogMX0=", "A"])
def test_a_place_that_somebody_made_up_is_refused(token):
    with pytest.raises(HTTPException, match="no such page"):
        _start(token)


def test_a_key_that_somebody_looks_for_has_the_type_of_the_table():
    assert _typed("7", "id", "N") == {"N": "7"}
    assert _typed("7", "id", "S") == {"S": "7"}
    assert _typed("Nw==", "id", "B") == {"B": b"7"}
    for text, kind in (("seven", "N"), ("?", "B")):
        with pytest.raises(HTTPException) as error:
            _typed(text, "id", kind)
        assert error.value.status_code == 400
