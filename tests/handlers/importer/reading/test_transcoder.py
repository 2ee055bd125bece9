import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError
from handlers.importer.reading.transcoder import Transcoder


def transcoded(data: bytes, name: str, *, piece: int = 1 << 20, size: int = 1 << 16) -> bytes:
    source = io.BytesIO(data)
    stream = Transcoder(lambda n: source.read(min(n, piece)), name)
    return b"".join(iter(lambda: stream.read(size), b""))


@settings(deadline=None)
@given(
    st.text(max_size=60),
    st.sampled_from(["utf-16", "utf-16-be", "utf-32", "gb18030"]),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_text_is_the_same_however_it_is_read(text: str, name: str, piece: int, size: int) -> None:
    assert transcoded(text.encode(name), name, piece=piece, size=size) == text.encode()


@settings(deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-be", "shift_jis", "gbk", "big5", "cp037"]),
    st.integers(1, 9),
)
def test_what_is_no_text_is_no_utf8_either(data: bytes, name: str, piece: int) -> None:
    try:
        text = data.decode(name).encode()
    except UnicodeError:
        found = transcoded(data, name, piece=piece)
        assert b"\xff" in found
        found.replace(b"\xff", b"").decode()
    else:
        assert transcoded(data, name, piece=piece) == text


def test_a_text_that_its_decoder_gives_up_is_refused() -> None:
    with pytest.raises(FileError, match=r"^cannot be read as iso2022_kr: "):
        transcoded(b"\x1b$" + b"+" * 40, "iso2022_kr", piece=3)
