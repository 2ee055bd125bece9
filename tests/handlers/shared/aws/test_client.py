"""Calls against a server that misbehaves: what is repeated, what is not, and what the caller is told."""

import contextlib
import select
import socket
import threading
import time
import zlib
from types import SimpleNamespace

import pytest

from handlers.shared.aws import dynamodb, flight, ses, session
from handlers.shared.aws.errors import AwsError, ConnectionLost
from handlers.shared.aws.request import Request, Response
from handlers.shared.aws.s3 import Bucket
from tests.handlers.shared.aws.scripted import answer, close, error, reset, silence, then_close

READ = dynamodb.request("GetItem", {})
ONCE = dynamodb.request("UpdateItem", {})
PARTIAL = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345"


def test_an_answer_byte_by_byte_is_the_answer(serve, connect):
    def trickle(sock, received):
        for byte in answer(b'{"Item":{}}'):
            sock.sendall(bytes([byte]))
        return True

    assert connect(serve(trickle)).call(READ).json() == {"Item": {}}


def test_a_chunked_answer_is_the_answer(serve, connect):
    chunked = b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'
    assert connect(serve(chunked)).call(READ).json() == {"a": 1}


def test_a_connection_is_kept_between_calls(serve, connect):
    server = serve(answer())
    client = connect(server)
    for _ in range(3):
        client.call(READ)
    assert server.connections == 1


@pytest.mark.parametrize(
    "ending",
    [
        lambda sock, received: bool(
            sock.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}")
        ),
        then_close(answer()),  # closed without a word, while it is idle
        lambda sock, received: sock.sendall(answer() + b"HTTP/1.1 408 Timeout\r\n\r\n") or True,
    ],
    ids=["announced", "half closed", "spoiled"],
)
def test_a_connection_that_ended_while_idle_is_not_used(serve, connect, ending):
    server = serve(ending)
    client = connect(server)
    client.call(ONCE)
    for idle in client.session._idle:  # none where the end came with the answer
        assert select.select([idle.sock], [], [], 30)[0], "the end has to arrive"
    client.call(ONCE)
    assert [received.connection for received in server.received] == [1, 2]


def test_a_connection_idle_for_long_is_not_trusted(serve, connect, monkeypatch):
    server = serve(answer())
    client = connect(server)
    client.call(READ)
    monkeypatch.setattr(session, "_MAX_IDLE_ONCE", 0.0)
    client.call(ONCE)
    client.call(READ)
    monkeypatch.setattr(session, "_MAX_IDLE", 0.0)
    client.call(READ)
    assert [received.connection for received in server.received] == [1, 2, 2, 3]


@pytest.mark.parametrize(
    "trouble",
    [
        close,
        reset,
        then_close(PARTIAL),
        then_close(PARTIAL[:20]),
        then_close(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123"),
        then_close(b"garbage\r\n\r\n"),
        answer(b"{}", x_amz_crc32="1"),
        error("InternalServerError", 500),
        error("ServiceUnavailable", 503),
        error("ThrottlingException"),
        answer(b"<html>", "502 Bad Gateway"),
    ],
)
def test_a_repeatable_request_gets_its_answer_in_the_end(serve, connect, trouble):
    server = serve(trouble, trouble, answer(b'{"Item":{}}'))
    assert connect(server).call(READ).json() == {"Item": {}}
    assert [received.body for received in server.received] == [b"{}"] * 3


@pytest.mark.parametrize(
    "trouble",
    [close, reset, then_close(PARTIAL), then_close(b"garbage"), answer(b"{}", x_amz_crc32="1")],
)
def test_what_may_not_be_repeated_is_not_when_the_answer_is_lost(serve, connect, trouble):
    server = serve(trouble, answer())
    with pytest.raises(ConnectionLost) as lost:
        connect(server).call(ONCE)
    assert (lost.value.sent, lost.value.ambiguous, lost.value.transient) == (True, True, True)
    assert len(server.received) == 1


@pytest.mark.parametrize("trouble", [error("InternalServerError", 500), answer(b"", "504 Gateway Timeout")])
def test_what_may_not_be_repeated_is_not_when_the_service_broke(serve, connect, trouble):
    server = serve(trouble, answer())
    with pytest.raises(AwsError) as broken:
        connect(server).call(ONCE)
    assert broken.value.ambiguous
    assert len(server.received) == 1


def test_a_mail_is_sent_again_only_after_a_refusal(serve, monkeypatch):
    server = serve(error("TooManyRequestsException", 429), error("ServiceUnavailable", 503), answer(), close)
    client = ses.connect(endpoint=server.url)
    assert client.call(ses.send_bulk_email({})).json() == {}
    with pytest.raises(ConnectionLost):
        client.call(ses.send_bulk_email({}))
    assert len(server.received) == 4
    client.close()


def test_what_did_not_leave_is_sent_again(serve, connect):
    server = serve(answer())
    server.reset_at_once = 2
    big = dynamodb.request("UpdateItem", bytes(16_000_000))  # more than the sockets hold: it cannot have left whole
    assert connect(server).call(big).json() == {}
    assert len(server.received) == 1


def test_a_large_body_arrives_whole(serve, connect):
    server = serve(answer())
    body = bytes(range(256)) * 20_000
    connect(server).call(dynamodb.request("PutItem", body))
    assert server.received[0].body == body


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_refusal_before_the_whole_body_was_read_is_the_outcome(serve, connect, hangs_up):
    refusal = error("RequestEntityTooLarge", 413)
    silence_ended = threading.Event()

    def refuse_early(sock, number):
        with contextlib.suppress(OSError), sock:
            sock.recv(100)
            sock.sendall(refusal)
            if not hangs_up:
                sock.recv(1 << 16)
                silence_ended.wait()

    server = serve(answer())
    server._serve = refuse_early
    client = connect(server)
    for _ in range(2):
        with pytest.raises(AwsError, match="RequestEntityTooLarge"):
            client.call(dynamodb.request("PutItem", bytes(16_000_000)))
    silence_ended.set()
    assert server.connections == 2  # one that still owes a part of its request carries no other


def test_small_requests_leave_at_once(serve, connect):
    """Without TCP_NODELAY each waits some 40 ms for the acknowledgement of the one before."""
    client = connect(serve(answer()))
    client.call(READ)
    assert client.session._idle[0].sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_silent_server_is_given_up(serve, connect):
    server = serve(silence, answer())
    client = connect(server, read_timeout=0.05)
    assert client.call(READ).status == 200
    server.acts = [silence]
    with pytest.raises(ConnectionLost) as lost:
        client.call(ONCE)
    assert (lost.value.code, lost.value.sent) == ("Timeout", True)


def test_nothing_goes_on_past_the_deadline(serve, connect, monkeypatch):
    server = serve(error("ThrottlingException"))
    # Each request takes a second, on a clock that waits for a busy machine.
    monkeypatch.setattr(flight, "time", SimpleNamespace(monotonic=lambda: 1000.0 + len(server.received)))
    monkeypatch.setattr(flight, "pause", lambda attempts: 0.0)
    with pytest.raises(AwsError) as late:
        connect(server).call(READ, deadline=1002.5)
    assert late.value.code in ("ThrottlingException", "Timeout")  # the last may be in flight
    assert late.value.transient
    assert len(server.received) == 3
    with pytest.raises(AwsError, match="the deadline has passed"):
        connect(server).call(READ, deadline=1003.0)
    assert len(server.received) == 3


def test_without_a_deadline_patience_ends(serve, connect, monkeypatch):
    monkeypatch.setattr(flight, "DEFAULT_CALL_SECONDS", 0.05)
    with pytest.raises(AwsError) as late:
        connect(serve(error("ThrottlingException"))).call(READ)
    assert late.value.code in ("ThrottlingException", "Timeout")  # the last may be in flight


def test_no_pause_is_begun_that_passes_the_deadline(serve, connect, monkeypatch):
    monkeypatch.setattr(flight, "pause", lambda attempts: 3600.0)
    with pytest.raises(AwsError, match="ThrottlingException"):
        connect(serve(error("ThrottlingException"))).call(READ)


def test_a_port_without_a_server_is_a_failed_connect(serve, connect, monkeypatch):
    monkeypatch.setattr(flight, "pause", lambda attempts: 3600.0)
    server = serve(answer())
    server.close()
    with pytest.raises(ConnectionLost) as lost:
        connect(server).call(ONCE)
    assert (lost.value.code, lost.value.sent, lost.value.ambiguous) == ("ConnectFailed", False, False)


def test_a_clock_that_is_wrong_is_put_right(serve, connect):
    skewed = error("InvalidSignatureException", message="Signature expired", date="Sat, 21 Nov 2099 09:00:00 GMT")
    server = serve(skewed, answer())
    client = connect(server)
    client.call(READ)
    client.call(READ)
    first, *rest = [received.headers["x-amz-date"] for received in server.received]
    assert not first.startswith("2099")
    assert [stamp[:9] for stamp in rest] == ["20991121T"] * 2


def test_a_clock_is_put_right_by_an_answer_without_a_reason(serve):
    server = serve(answer(b"", "403 Forbidden", date="Sat, 21 Nov 2099 09:00:00 GMT"), answer(b""))
    bucket = Bucket("bucket", endpoint=server.url)
    assert bucket.head("key").status == 200
    bucket.client.close()
    assert [received.headers["x-amz-date"][:4] == "2099" for received in server.received] == [False, True]


@pytest.mark.parametrize("date", ["now", "garbage", ""])
def test_a_wrong_signature_at_the_right_time_is_an_error(serve, connect, date):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()) if date == "now" else date
    server = serve(error("InvalidSignatureException", 403, date=date))
    with pytest.raises(AwsError, match="InvalidSignatureException"):
        connect(server).call(READ)
    assert len(server.received) == 1


def test_expired_credentials_are_renewed_for_all_that_is_in_flight(serve, connect, monkeypatch):
    all_arrived = threading.Barrier(4)

    def expired(sock, received):
        all_arrived.wait()
        sock.sendall(error("ExpiredTokenException"))
        return True

    server = serve(expired, expired, expired, expired, answer())
    client = connect(server)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "newer")
    outcomes = [outcome for _, outcome in client.map([READ] * 4, in_flight=4)]
    assert all(isinstance(outcome, Response) for outcome in outcomes)
    assert [received.headers["x-amz-security-token"] for received in server.received] == ["token/+="] * 4 + [
        "newer"
    ] * 4


def test_credentials_that_stay_expired_are_an_error(serve, connect):
    server = serve(error("ExpiredTokenException"))
    with pytest.raises(AwsError, match="ExpiredToken"):
        connect(server).call(READ)
    assert len(server.received) == 1


def test_an_endpoint_that_changes_its_clock_for_ever_is_given_up(serve, connect):
    years = iter(range(2030, 2090))

    def skewed(sock, received):
        date = f"Sat, 21 Nov {next(years)} 09:00:00 GMT"
        sock.sendall(error("RequestTimeTooSkewed", 403, date=date))
        return True

    server = serve(skewed)
    with pytest.raises(AwsError, match="RequestTimeTooSkewed"):
        connect(server).call(READ)
    assert len(server.received) == 4


def test_many_are_in_flight_on_a_connection_each(serve, connect):
    server = serve(answer())
    requests = [dynamodb.request("GetItem", {}, tag=number) for number in range(50)]
    outcomes = [(request.tag, outcome.status) for request, outcome in connect(server).map(requests, in_flight=4)]
    assert sorted(outcomes) == [(number, 200) for number in range(50)]
    assert server.connections == 4


def test_requests_are_pulled_only_when_there_is_room(serve, connect):
    count = 0

    def requests():
        nonlocal count
        while True:
            count += 1
            yield READ

    outcomes = connect(serve(answer())).map(requests(), in_flight=3)
    for got in range(1, 20):
        next(outcomes)
        assert count <= got + 3
    outcomes.close()


def test_a_source_that_had_nothing_is_asked_again_after_each_outcome(serve, connect):
    ready, tags, release = ["slow", "quick"], [], threading.Event()

    class Source:
        def __iter__(self):
            return self

        def __next__(self):
            if not ready:
                raise StopIteration
            name = ready.pop(0)
            return dynamodb.request("GetItem", {"name": name}, tag=name)

    def act(sock, received):
        if b"slow" in received.body:
            release.wait(10)
        sock.sendall(answer())
        return True

    for request, _ in connect(serve(act)).map(Source(), in_flight=16):
        tags.append(request.tag)
        if len(tags) < 3:
            ready.append(f"next {len(tags)}")
        else:
            release.set()
    assert tags == ["quick", "next 1", "next 2", "slow"]


@pytest.mark.parametrize(("code", "attempts"), [("ProvisionedThroughputExceededException", 1), ("SlowDown", 2)])
def test_an_error_that_the_caller_does_not_wait_for_ends_a_request_at_once(serve, connect, code, attempts):
    server = serve(error(code), error("ValidationException"))
    request = dynamodb.request("Scan", {}, final=("ProvisionedThroughputExceededException",))
    [(_, outcome)] = connect(server).map([request])
    assert isinstance(outcome, AwsError)
    assert len(server.received) == attempts


def test_waiting_retries_count_as_in_flight(serve, connect, monkeypatch):
    monkeypatch.setattr(flight, "pause", lambda attempts: 3600.0)
    numbers = []
    requests = (numbers.append(number) or READ for number in range(100))
    throttled = connect(serve(error("ThrottlingException"))).map(requests, in_flight=3, deadline=time.monotonic() + 0.1)
    next(throttled)
    assert len(numbers) == 3
    throttled.close()


def test_one_failure_does_not_stop_the_others(serve, connect):
    server = serve(error("ValidationException"), answer())
    outcomes = [outcome for _, outcome in connect(server).map([READ] * 3, in_flight=1)]
    assert isinstance(outcomes[0], AwsError)
    assert [isinstance(outcome, Response) for outcome in outcomes[1:]] == [True, True]


def test_a_client_can_be_used_within_its_own_map(serve, connect):
    client = connect(serve(answer()))
    assert [client.call(READ).status for _ in client.map([READ] * 5, in_flight=2)] == [200] * 5


def test_a_connection_idle_within_a_map_is_not_trusted_either(serve, connect, monkeypatch):
    monkeypatch.setattr(session, "_MAX_IDLE_ONCE", 0.0)
    server = serve(answer())
    assert len([*connect(server).map([ONCE] * 3, in_flight=1)]) == 3
    assert server.connections == 3


def test_a_map_that_is_left_gives_its_connections_up(serve, connect):
    server = serve(answer(), silence)
    client = connect(server)
    outcomes = client.map([READ] * 3, in_flight=3)
    next(outcomes)
    outcomes.close()
    server.acts = [answer()]
    assert client.call(READ).status == 200


def test_the_checksum_of_an_answer_is_accepted(serve, connect):
    assert connect(serve(answer(b"{}", x_amz_crc32=str(zlib.crc32(b"{}"))))).call(READ).status == 200


def test_repeatability_is_the_operations_unless_said():
    assert dynamodb.request("Scan", {}).repeatable
    assert not dynamodb.request("TransactWriteItems", {}).repeatable
    assert dynamodb.request("UpdateItem", {}, repeatable=True).repeatable
    assert Request("x").repeatable
