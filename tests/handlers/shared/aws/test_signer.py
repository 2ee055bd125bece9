"""Signatures equal botocore's, bit by bit."""

import datetime
from functools import partial
from unittest import mock
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.aws.credentials import Credentials
from handlers.shared.aws.request import Request
from handlers.shared.aws.signer import Signer

NOW = 1_795_252_766.25
MOMENT = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
CREDENTIALS = st.builds(
    Credentials,
    st.text("ABCDEFGHIJ234567", min_size=16, max_size=20),
    st.text("abcXYZ019+/=", min_size=1, max_size=60),
    st.none() | st.text("abcXYZ019+/=", min_size=1, max_size=400),
)
VALUES = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=30)
HEADERS = st.dictionaries(
    st.text("abcdefghij-", min_size=1, max_size=12).map("x-amz-meta-{}".format), VALUES, max_size=4
)
WORDS = st.text(st.characters(codec="utf-8"), max_size=40)


def signed_by_botocore(
    signer: type, service: str, request: Request, host: str, credentials: Credentials
) -> dict[str, str]:
    url = f"https://{host}{request.path}" + (f"?{request.query}" if request.query else "")
    theirs = AWSRequest(request.method, url, dict(request.headers), request.body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=MOMENT):
        signer(SdkCredentials(*credentials), service, "eu-north-1").add_auth(theirs)
    return {name.lower(): value for name, value in theirs.headers.items()}


@given(CREDENTIALS, HEADERS, st.binary(max_size=100), st.sampled_from(["/", "/v2/email/outbound-bulk-emails"]))
def test_a_json_request_is_signed_as_by_botocore(credentials, headers, body, path):
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.Scan",
        **headers,
    }
    request = Request("Scan", body=body, path=path, headers=headers)
    host = "dynamodb.eu-north-1.amazonaws.com"
    ours = Signer("dynamodb", "eu-north-1").sign(request, host, credentials, NOW)
    theirs = signed_by_botocore(SigV4Auth, "dynamodb", request, host, credentials)
    assert ours == {**theirs, "host": host}


@given(
    CREDENTIALS,
    HEADERS,
    st.binary(max_size=100),
    WORDS,
    st.none() | WORDS,
    st.sampled_from(["GET", "PUT", "HEAD", "DELETE"]),
    st.sampled_from(["b.s3.eu-north-1.amazonaws.com", "127.0.0.1:4566"]),
)
def test_any_s3_key_and_query_is_signed_as_by_botocore(credentials, headers, body, key, version, method, host):
    query = "" if version is None else f"versionId={quote(version, safe='-_.~')}"
    request = Request("x", method=method, path="/" + quote(key, safe="/~"), query=query, headers=headers, body=body)
    ours = Signer("s3", "eu-north-1").sign(request, host, credentials, NOW)
    theirs = signed_by_botocore(S3SigV4Auth, "s3", request, host, credentials)
    assert ours == {**theirs, "host": host}


REQUESTS = st.builds(
    partial(Request, "Scan", repeatable=True, stream=False, final=(), tag=None),
    body=st.binary(max_size=5),
    method=st.sampled_from(["POST", "GET"]),
    path=st.sampled_from(["/", "/a"]),
    query=st.sampled_from(["", "x=1"]),
    headers=st.sampled_from([{}, {"x-amz-target": "A"}, {"x-amz-target": "B"}, {"b": "1", "x-amz-target": "A"}]),
)
KEYS = st.sampled_from([Credentials("A", "s", None), Credentials("A", "s", "t"), Credentials("B", "t", "t")])
MOMENTS = st.sampled_from([NOW, NOW + 0.5, NOW + 1, NOW + 86_400, NOW - 1])


@given(st.lists(st.tuples(REQUESTS, st.sampled_from(["h", "g"]), KEYS, MOMENTS)), st.sampled_from(["dynamodb", "s3"]))
def test_a_head_has_the_headers_that_are_signed(sent, service):
    kept = Signer(service, "eu-north-1")
    for request, host, credentials, now in sent:
        headers = Signer(service, "eu-north-1").sign(request, host, credentials, now)
        first, *lines, end = kept.head(request, host, credentials, now).decode().split("\r\n")
        assert first == f"{request.method} {request.path}{'?' * bool(request.query)}{request.query} HTTP/1.1"
        assert (dict(line.split(": ") for line in lines), end) == (headers, "")


def test_a_head_that_cannot_be_sent_leaves_the_next_as_it_would_be():
    kept, good, credentials = Signer("dynamodb", "r"), Request("Scan", headers={"a": "1"}), Credentials("A", "s", None)
    head = kept.head(good, "h", credentials, NOW)
    with pytest.raises(ValueError, match="line break"):
        kept.head(Request("Scan", headers={"a": "1\n"}), "h", credentials, NOW)
    assert kept.head(good, "h", credentials, NOW) == head


def test_the_signing_key_follows_the_day_and_the_secret():
    signer = Signer("dynamodb", "eu-north-1")
    request = Request("Scan")

    def signature(secret: str, now: float, by: Signer) -> str:
        return by.sign(request, "h", Credentials("AKID", secret, None), now)["authorization"]

    for secret, now in [("a", NOW), ("b", NOW), ("b", NOW + 86_400), ("a", NOW)]:
        assert signature(secret, now, signer) == signature(secret, now, Signer("dynamodb", "eu-north-1"))


def test_the_signing_key_is_derived_once():
    signer = Signer("dynamodb", "eu-north-1")
    with mock.patch("handlers.shared.aws.signer.hmac.digest", side_effect=lambda *_: bytes(32)) as digest:
        for _ in range(2):
            signer.sign(Request("Scan"), "h", Credentials("AKID", "s", None), NOW)
    assert digest.call_count == 4 + 2
