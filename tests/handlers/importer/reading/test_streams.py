import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError
from handlers.importer.reading.streams import Gunzip, Stream


def unzipped(data: bytes, *, piece: int = 1 << 20, size: int = 1 << 16, limit: int = 1 << 30) -> bytes:
    source = io.BytesIO(data)
    stream = Gunzip(lambda n: source.read(min(n, piece)), limit)
    return b"".join(iter(lambda: stream.read(size), b""))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=2000), max_size=4), st.integers(1, 300), st.integers(1, 300))
def test_members_are_read_one_after_the_other(parts: list[bytes], piece: int, size: int) -> None:
    data = b"".join(map(gzip.compress, parts))
    assert unzipped(data, piece=piece, size=size) == b"".join(parts)


def test_padding_of_zeros_is_passed_over() -> None:
    assert unzipped(gzip.compress(b"one") + b"\0" * 512 + gzip.compress(b"two") + b"\0" * 512) == b"onetwo"


def test_no_bytes_are_an_empty_file() -> None:
    assert unzipped(b"") == b""


@pytest.mark.parametrize(
    "data",
    [
        b"not gzip",
        gzip.compress(b"x" * 5000, mtime=0)[:-9],
        gzip.compress(b"x" * 99, mtime=0)[:-8] + b"\1" * 8,
        gzip.compress(b"x", mtime=0) + b"?",
    ],
    ids=["foreign", "cut off", "wrong checksum", "rubbish behind"],
)
def test_what_is_not_intact_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(FileError, match="is not intact gzip"):
        unzipped(data)


def test_a_bomb_is_refused_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(FileError, match="more than the 1,000,000 bytes that the settings allow"):
        unzipped(bomb, limit=1_000_000)


def test_bytes_given_back_come_first() -> None:
    stream = Stream(io.BytesIO(b"cdefgh").read)
    stream.unread(b"ab")
    assert (stream.peek(3), stream.read(1), stream.read(9)) == (b"abc", b"a", b"bc")
    stream.skip(2)
    assert stream.read(9) == b"fgh"
