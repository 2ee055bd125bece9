"""Endpoints are those that the SDK would call."""

from urllib.parse import urlsplit

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.aws import dynamodb, s3, ses, sqs
from handlers.shared.aws.endpoint import Endpoint

SDK = Session()
REGIONS = sorted(
    {
        region
        for partition in SDK.get_available_partitions()
        for region in SDK.get_available_regions("dynamodb", partition)
    }
)


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_of_each_partition_has_the_sdks_endpoint(region):
    for service, module in (("dynamodb", dynamodb), ("sqs", sqs), ("sesv2", ses)):
        theirs = SDK.create_client(service, region_name=region).meta.endpoint_url
        assert f"https://{module.connect(region=region).session.endpoint.authority}" == theirs


def test_the_environment_configures_a_service_before_all(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "https://mail.example.com")
    assert dynamodb.connect().session.endpoint.authority == "127.0.0.1:4566"
    assert ses.connect().session.endpoint.authority == "mail.example.com"
    assert sqs.connect(endpoint="http://[::1]:80").session.endpoint.authority == "[::1]"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")
    assert ses.connect().session.endpoint.authority == "email.eu-north-1.amazonaws.com"


def test_a_bucket_leads_the_host_on_aws_and_the_path_elsewhere(monkeypatch):
    def place(bucket: s3.Bucket) -> tuple[str, str]:
        return bucket.client.session.endpoint.host, bucket.path

    assert place(s3.Bucket("b")) == ("b.s3.eu-north-1.amazonaws.com", "/")
    assert place(s3.Bucket("b.c")) == ("s3.eu-north-1.amazonaws.com", "/b.c/")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4566")
    assert place(s3.Bucket("b")) == ("127.0.0.1", "/b/")


def test_lambdas_region_comes_first_and_none_is_an_error(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert dynamodb.connect().session.endpoint.host == "dynamodb.eu-north-1.amazonaws.com"
    monkeypatch.delenv("AWS_REGION")
    assert dynamodb.connect().session.endpoint.host == "dynamodb.us-east-1.amazonaws.com"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ValueError, match="AWS_REGION"):
        dynamodb.connect()


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:4566",
        "ftp://x",
        "http://",
        "http://x/path",
        "http://x?a=b",
        "http://u@x",
        "http://x:",
        "http://x:65536",
    ],
)
def test_an_endpoint_that_is_none_is_named(url):
    with pytest.raises(ValueError, match="an endpoint is"):
        Endpoint(url)


@given(
    st.sampled_from(["http", "https", "HTTPS"]),
    st.from_regex(r"[A-Za-z0-9.-]+|\[[0-9a-fA-F]{0,4}::[0-9]\]", fullmatch=True).filter(str.isascii),
    st.none() | st.integers(1, 65_535),
    st.sampled_from(["", "/"]),
)
def test_an_endpoint_is_read_as_the_standard_library_reads_it(scheme: str, host: str, port: int | None, end: str):
    url = f"{scheme}://{host}{'' if port is None else f':{port}'}{end}"
    endpoint, parts = Endpoint(url), urlsplit(url)
    assert (endpoint.tls, endpoint.host) == (parts.scheme == "https", parts.hostname)
    assert endpoint.port == (parts.port or (443 if endpoint.tls else 80))
