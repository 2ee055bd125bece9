"""Objects: their errors, and puts that are repeated."""

import pytest

from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3 import Bucket
from tests.handlers.shared.aws.scripted import answer, error


def test_the_head_of_a_missing_object_has_its_status_as_code(serve):
    server = serve(b"HTTP/1.1 404 Not Found\r\ncontent-length: 300\r\n\r\n")
    bucket = Bucket("b", endpoint=server.url)
    with pytest.raises(AwsError) as missing:
        bucket.head("k")
    assert (missing.value.code, missing.value.status) == ("404", 404)
    bucket.client.close()


def test_a_put_is_repeated_after_a_fault(serve):
    server = serve(error("SlowDown", 503), lambda *_: False, answer(etag='"e"'))
    bucket = Bucket("b", endpoint=server.url)
    assert bucket.put("a b", b"body").headers["etag"] == '"e"'
    assert [(received.method, received.target, received.body) for received in server.received] == [
        ("PUT", "/b/a%20b", b"body")
    ] * 3
    bucket.client.close()
