"""Services and operations are recognised."""

import urllib.error
import urllib.request

import pytest

from sluice.cloud.faults.rules import Rule
from tests.sluice.cloud.faults.fakes import CALLS, Cloud, make_call, refusal


@pytest.mark.parametrize(("service", "operation"), [call[:2] for call in CALLS])
def test_an_operation_of_the_sdk_is_recognised(cloud: Cloud, service: str, operation: str) -> None:
    cloud.proxy.rules = [Rule("throttle")]
    before = cloud.proxy.requests
    refusal(cloud, service, operation)
    assert cloud.proxy.requests - before == {(service, operation): 1}


def test_a_presigned_url_is_recognised(cloud: Cloud) -> None:
    url = cloud.client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
    before = cloud.proxy.requests
    urllib.request.urlopen(url, timeout=5).close()
    assert cloud.proxy.requests - before == {("s3", "GetObject"): 1}


def test_a_subresource_is_not_taken_for_its_object(cloud: Cloud) -> None:
    cloud.upstream.body = b""
    before = cloud.proxy.requests
    make_call(cloud.client("s3"), "DeleteObjectTagging", {"Bucket": "b", "Key": "k"})
    assert cloud.proxy.requests - before == {("s3", "DELETE?tagging"): 1}
