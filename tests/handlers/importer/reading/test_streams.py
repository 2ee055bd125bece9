import io

from handlers.importer.reading.streams import Stream


def test_bytes_given_back_come_first() -> None:
    stream = Stream(io.BytesIO(b"cdefgh").read)
    stream.unread(b"ab")
    assert (stream.peek(3), stream.read(1), stream.read(9)) == (b"abc", b"a", b"bc")
    stream.skip(2)
    assert stream.read(9) == b"fgh"
