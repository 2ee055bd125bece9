import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.model import Resource
from policies.plaintext import no_plaintext_secret
from policies.resource_types import FUNCTION
from tests.policies.recording import stack

WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=12)


def found(name, value):
    function = Resource("urn", FUNCTION, "worker", {"environment": {"variables": {name: value}}})
    return list(no_plaintext_secret.check(function))


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "GITHUB_TOKEN", "api_key", "APIKEY", "STRIPE_SECRET", "SIGNING_KEY", "AWS_SECRET_ACCESS_KEY"],
)
def test_names_of_secrets_are_suspicious(name):
    (line,) = found(name, "x")
    assert "named like a secret" in line


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD_ARN", "TOKEN_PARAMETER", "SECRET_NAME", "PARTITION_KEY", "SORT_KEY", "IMPORT_KEY", "MONKEY"]
)
def test_names_of_where_secrets_are_and_of_other_keys_are_not(name):
    assert found(name, "people") == []


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE", "a private key"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("xoxb-" + "1234567890-abc", "a Slack token"),
        ("sk_live_" + "a" * 24, "a Stripe key"),
        ("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "SflKxwRJSMeKKF2QT4", "a JSON web token"),
        ("postgres://me:" + "secret@db.example.com/people", "a URL with a password"),
    ],
)
def test_known_shapes_are_found_under_any_name(value, meaning):
    (line,) = found("PLACE", value)
    assert meaning in line
    assert value not in line


@pytest.mark.parametrize("number", range(20))
def test_random_bytes_in_base64_or_hexadecimal_look_random(number):
    key = hashlib.sha384(bytes([number])).digest()
    assert found("PLACE", key.hex())
    assert found("PLACE", base64.b64encode(key).decode())


@given(st.lists(WORDS, min_size=1, max_size=8), st.sampled_from("-_./ "), st.text("0123456789abcdef", max_size=7))
def test_names_and_sentences_do_not(words, between, suffix):
    assert found("PLACE", between.join([*words, suffix])) == []


@pytest.mark.parametrize(
    "value",
    [
        "arn:aws:secretsmanager:eu-north-1:123456789012:secret:people-AbCdEf",
        "https://sqs.eu-north-1.amazonaws.com/123456789012/sluice-prod-import-items-queue-1a2b3c4",
        "0b8f5a9e-4d2c-4f7b-9c31-7f3b6a2d1e0f",
        '{"price": "N", "active": "BOOL", "registeredAtTheWarehouse": "S"}',
        "107374182400",
    ],
)
def test_what_functions_are_told_usually_does_not(value):
    assert found("PLACE", value) == []


@pytest.mark.parametrize("name", ["prod", "local"])
def test_nothing_that_our_functions_are_told_looks_like_a_secret(name):
    for function in stack(name).of_type(FUNCTION):
        assert list(no_plaintext_secret.check(function)) == []
