"""Objects streamed in pieces, resumed where a connection was lost, never joined from two versions."""

import csv
import io
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.shared.aws.errors import AwsError, ConnectionLost
from handlers.shared.aws.s3_stream import StreamingBucket
from tests.handlers.shared.aws.scripted import answer, then_close

NO_KEY = answer(b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>", "404 Not Found")


class Store:
    """One object; each answer is cut off after the next of `cuts` bytes, while there are any."""

    def __init__(self, body: bytes, *cuts: int, etag: str = '"e1"'):
        self.body = body
        self.cuts = [*cuts]
        self.etag = etag
        self.ranges: list[str] = []

    def __call__(self, sock, received) -> bool:
        part_range = received.headers.get("range", "")
        self.ranges.append(part_range)
        if received.headers.get("if-match", self.etag) != self.etag:
            sock.sendall(answer(b"<Error><Code>PreconditionFailed</Code></Error>", "412 Precondition Failed"))
            return True
        start, _, end = part_range.removeprefix("bytes=").partition("-")
        part = self.body[int(start or 0) : int(end) + 1 if end else None]
        reply = answer(part, "206 Partial Content" if part_range else "200 OK", etag=self.etag)
        if not self.cuts:
            sock.sendall(reply)
            return True
        head = len(reply) - len(part)
        sock.sendall(reply[: head + self.cuts.pop(0)])
        return False


@pytest.fixture
def bucket(serve):
    buckets: list[StreamingBucket] = []

    def make(act, **options: float) -> StreamingBucket:
        buckets.append(StreamingBucket("b", endpoint=serve(act).url, **options))
        return buckets[-1]

    yield make
    for one in buckets:
        one.client.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000), st.lists(st.integers(1, 300), max_size=8), st.integers(1, 700), st.data())
def test_a_stream_is_the_object_whatever_is_lost_on_the_way(bucket, body, cuts, size, data):
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.none() | st.integers(start, len(body)).filter(lambda end: end > start or not body))
    if body == b"" or start == len(body):
        start, end = 0, None  # S3 has no empty ranges
    store = Store(body, *cuts)
    with bucket(store).open("k", start=start, end=end) as stream:
        read = b""
        while piece := stream.read(size):
            read += piece
    assert read == body[start:end]


def test_a_stream_goes_on_at_the_byte_where_it_was_lost(bucket):
    store = Store(b"0123456789", 3, 4)
    with bucket(store).open("k", start=1, end=9) as stream:
        assert stream.readall() == b"12345678"
    assert store.ranges == ["bytes=1-8", "bytes=4-8", "bytes=8-8"]


def test_a_replaced_object_is_not_joined_with_the_old_one(bucket):
    store = Store(b"0123456789", 3)
    with bucket(store).open("k") as stream:
        store.etag = '"e2"'
        with pytest.raises(AwsError, match="PreconditionFailed"):
            stream.readall()


def test_a_server_that_cannot_resume_is_not_believed(bucket):
    def whole(sock, received) -> bool:
        sock.sendall(answer(b"0123456789", etag='"e"')[:-5])
        return False

    with bucket(whole).open("k") as stream, pytest.raises(ConnectionLost, match="at byte 5 of 10"):
        stream.readall()


def test_an_answer_shorter_than_the_object_does_not_end_it(serve):
    cut = then_close(answer(b"0123456789", etag='"e"')[:-5])
    short = answer(b"56", "206 Partial Content", etag='"e"')
    server = serve(cut, short, answer(b"789", "206 Partial Content", etag='"e"'))
    bucket = StreamingBucket("b", endpoint=server.url)
    with bucket.open("k") as stream:
        assert stream.readall() == b"0123456789"
    bucket.client.close()


def test_a_stream_without_progress_is_given_up(bucket):
    store = Store(b"0123456789", *[0] * 20)
    with bucket(store).open("k") as stream, pytest.raises(ConnectionLost, match="at byte 0 of 10"):
        stream.readall()
    assert len(store.ranges) == 6


def test_a_silent_stream_is_resumed_and_ends_at_the_deadline(bucket):
    def stall(sock, received) -> bool:
        sock.sendall(answer(b"0123456789", etag='"e"')[:-10])
        sock.recv(1)
        return False

    stalled = bucket(stall, read_timeout=0.02)
    with pytest.raises(ConnectionLost), stalled.open("k", deadline=time.monotonic() + 0.05) as stream:
        stream.readall()


def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next(serve):
    store = Store(b"x" * 300_000)
    server = serve(store)
    bucket = StreamingBucket("b", endpoint=server.url)
    for _ in range(2):
        with io.BufferedReader(bucket.open("k"), 1 << 16) as stream:
            assert len(stream.read()) == 300_000
    assert bucket.get("k").body == store.body
    assert server.connections == 1
    with bucket.open("k") as stream:
        stream.read(10)
    bucket.get("k")
    assert server.connections == 2  # what was left in the middle cannot carry another request
    bucket.client.close()


def test_a_stream_is_not_read_ahead(serve):
    """Memory stays flat: what nobody asked for stays on the socket."""
    server = serve(Store(b"x" * 20_000_000))
    bucket = StreamingBucket("b", endpoint=server.url)
    with bucket.open("k") as stream:
        assert stream._connection is not None
        assert len(stream._connection.parser._body) <= 65_536


def test_csv_rows_come_from_a_stream(bucket):
    with io.TextIOWrapper(
        io.BufferedReader(bucket(Store("\ufeffa,b\r\nü,2\r\n".encode(), 5)).open("k")),
        "utf-8-sig",
        newline="",
    ) as text:
        assert [*csv.reader(text)] == [["a", "b"], ["ü", "2"]]


def test_a_missing_object_is_an_error_when_it_is_opened(bucket):
    with pytest.raises(AwsError, match="NoSuchKey") as missing:
        bucket(NO_KEY).open("k")
    assert missing.value.status == 404
