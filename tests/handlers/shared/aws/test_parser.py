"""The response parser: any cut of the bytes gives the same answer, and what is no answer is an error."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.aws.parser import ProtocolError, ResponseParser

BODY = st.binary(max_size=300)
CUTS = st.lists(st.integers(0, 2000), max_size=12)
NAMES = st.text("abcdefXYZ-019", min_size=1, max_size=12).filter(
    lambda name: name.lower() not in ("content-length", "transfer-encoding", "connection")
)
HEADERS = st.dictionaries(NAMES.map(str.lower), st.text('abc XYZ:,;="é/', max_size=20).map(str.strip), max_size=5)


def parse(data: bytes, cuts: list[int] = [], *, no_body: bool = False, end: bool = False) -> tuple:  # noqa: B006 (read only)
    parser = ResponseParser(no_body=no_body)
    body = b""
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    for start, stop in pairwise(edges):
        parser.feed(data[start:stop])
        body += parser.take()
    if end:
        parser.end()
    return parser.status, parser.headers, body + parser.take(), parser.done, parser.reusable


def head(headers: dict[str, str], *more: str, status: int = 200) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Any words",
        *(f"{name}:  {value} " for name, value in headers.items()),
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@given(HEADERS, BODY, CUTS, st.integers(200, 599).filter(lambda status: status not in (204, 304)))
def test_a_counted_body_is_the_same_however_it_is_cut(headers, body, cuts, status):
    data = head(headers, f"Content-Length: {len(body)}", status=status) + body
    assert parse(data, cuts) == (status, {**headers, "content-length": str(len(body))}, body, True, True)


@given(HEADERS, st.lists(st.binary(min_size=1, max_size=40), max_size=6), CUTS, st.booleans())
def test_chunks_are_joined_however_they_are_cut(headers, chunks, cuts, trailer):
    data = head(headers, "Transfer-Encoding: chunked")
    for chunk in chunks:
        data += f"{len(chunk):X};a=b\r\n".encode() + chunk + b"\r\n"
    data += b"0\r\n" + (b"x-trailer: 1\r\n" if trailer else b"") + b"\r\n"
    status, received, body, done, reusable = parse(data, cuts)
    assert (status, body, done, reusable) == (200, b"".join(chunks), True, True)
    assert received == {**headers, "transfer-encoding": "chunked"}


@given(BODY, CUTS)
def test_an_error_without_length_ends_with_its_connection(body, cuts):
    assert parse(head({}, status=503) + body, cuts, end=True) == (503, {}, body, True, False)


@given(st.binary(min_size=1, max_size=200), CUTS)
def test_garbage_never_becomes_an_answer(data, cuts):
    try:
        done = parse(data, cuts)[3]
    except ProtocolError:
        return
    assert not done


@given(BODY.filter(bool), CUTS, st.booleans(), st.data())
def test_an_end_before_the_end_of_the_body_is_an_error(body, cuts, chunked, data):
    if chunked:
        whole = head({}, "Transfer-Encoding: chunked") + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    else:
        whole = head({}, f"Content-Length: {len(body)}") + body
    short = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(ProtocolError):
        parse(short, cuts, end=True)


@pytest.mark.parametrize(
    ("data", "no_body"),
    [
        (head({"content-length": "10"}), True),
        (head({}, status=204), False),
        (head({"content-length": "10"}, status=304), False),
        (head({"content-length": "0"}), False),
    ],
)
def test_an_answer_without_a_body_is_done_with_its_head(data, no_body):
    assert parse(data, no_body=no_body)[2:] == (b"", True, True)


@pytest.mark.parametrize("more", ["Connection: close", "Connection: Close, x"])
def test_a_connection_that_closes_is_not_used_again(more):
    assert parse(head({}, "Content-Length: 1", more) + b"x")[3:] == (True, False)


def test_http_1_0_is_not_used_again():
    assert parse(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx")[3:] == (True, False)


def test_bytes_behind_the_answer_spoil_the_connection():
    assert parse(head({}, "Content-Length: 1") + b"xHTTP/1.1")[2:] == (b"x", True, False)


def test_interim_answers_are_passed_over():
    data = b"HTTP/1.1 100 Continue\r\n\r\n" + head({"x": "y"}, status=103) + head({}, "Content-Length: 2") + b"ab"
    assert parse(data) == (200, {"content-length": "2"}, b"ab", True, True)


def test_a_repeated_header_is_joined():
    assert parse(head({}, "X: a", "x: b", "Content-Length: 0"))[1]["x"] == "a, b"


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nname : x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",  # neither length nor chunks
        head({}, "Content-Length: -1"),
        head({}, "Content-Length: +1"),
        head({}, "Content-Length: ²"),
        head({}, "Content-Length: 1", "Content-Length: 2"),
        head({}, f"Content-Length: {'9' * 16}"),
        head({}, "Transfer-Encoding: gzip, chunked"),
        head({}, "Transfer-Encoding: chunked", "Content-Length: 3"),
        head({}, "Transfer-Encoding: chunked") + b"xyz\r\n",
        head({}, "Transfer-Encoding: chunked") + b"-1\r\n",
        head({}, "Transfer-Encoding: chunked") + b"1\r\nabc",
        head({}, "X: " + "y" * 70_000),
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
        head({}, "Transfer-Encoding: chunked") + b"1;" + b"y" * 70_000,
    ],
)
def test_what_cannot_be_read_safely_is_an_error(data):
    with pytest.raises(ProtocolError):
        parse(data)
