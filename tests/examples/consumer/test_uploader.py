import pulumi
import pytest

from uploader import principal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("111122223333", {"AWS": "arn:aws:iam::111122223333:root"}),
        ("arn:aws:iam::111122223333:role/ci/deploy", {"AWS": "arn:aws:iam::111122223333:role/ci/deploy"}),
        ("arn:aws:iam::111122223333:user/ana", {"AWS": "arn:aws:iam::111122223333:user/ana"}),
        ("transfer.amazonaws.com", {"Service": "transfer.amazonaws.com"}),
    ],
)
def test_a_principal_is_an_account_a_role_a_user_or_a_service(text, expected):
    assert principal(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "*", "12345", "1111222233334", "arn:aws:iam::*:role/ci", "arn:aws:iam::111122223333:role/*", "amazonaws.com"],
)
def test_anything_else_is_refused_by_its_value(text):
    with pytest.raises(pulumi.RunError, match="roster:uploader: found "):
        principal(text)
