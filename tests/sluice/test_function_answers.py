import pytest

from sluice.function_answers import error_text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"errorType": "SendingError", "errorMessage": "AccessDenied"}', "SendingError: AccessDenied"),
        (b'{"errorMessage": "no"}', "no"),
        (b"{}", "it failed"),
        (b"[1]", "it failed"),
        (b"no JSON", "it failed"),
    ],
)
def test_what_a_function_said(body, told):
    assert error_text(body) == told
