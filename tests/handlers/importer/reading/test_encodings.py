import codecs
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.reading.encodings import Transcoder, encoding, written

BYTEWISE = ["cp1252", "latin-1", "windows-1251", "ascii", "koi8-r", "cp437", "mac-roman", "iso-8859-15"]
OTHERS = ["utf-16", "utf-16-le", "UTF-16BE", "utf-32", "utf-7", "shift_jis", "gbk", "big5", "cp037", "iso2022_jp", "hz"]


def transcoded(data: bytes, name: str, *, piece: int = 1 << 20, size: int = 1 << 16) -> bytes:
    source = io.BytesIO(data)
    stream = Transcoder(lambda n: source.read(min(n, piece)), name)
    return b"".join(iter(lambda: stream.read(size), b""))


@pytest.mark.parametrize("name", BYTEWISE)
def test_where_each_byte_is_a_character_text_is_read_as_it_stands(name: str) -> None:
    assert encoding(name).read_as == codecs.lookup(name).name
    assert not encoding(name).is_transcoded


@pytest.mark.parametrize("name", OTHERS)
def test_others_are_read_as_utf8(name: str) -> None:
    assert (encoding(name).name, encoding(name).read_as) == (codecs.lookup(name).name, "utf-8")


@pytest.mark.parametrize("name", ["mac-arabic", "mac-farsi"])
def test_an_encoding_with_two_commas_is_not_read_as_it_stands(name: str) -> None:
    assert encoding(name).is_transcoded


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "utf_8_sig"])
def test_utf8_has_many_names(name: str) -> None:
    assert encoding(name) == ("utf-8", "utf-8")


@pytest.mark.parametrize(
    "name", ["base64", "zip", "rot13", "idna", "punycode", "undefined", "unicode_escape", "klingon", ""]
)
def test_what_no_file_is_written_in_is_refused(name: str) -> None:
    with pytest.raises(LookupError):
        encoding(name)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("a".encode("utf-8-sig"), "utf-8"),
        ("a".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + b"\0a", "utf-16"),
        ("a".encode("utf-32"), "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
    ],
)
def test_a_mark_tells_the_encoding(data: bytes, name: str) -> None:
    assert written(data, "cp1252").name == name


@pytest.mark.parametrize("data", [b"", b"id", b"\xef\xbb", b"\xff", b"\xe9"])
def test_without_a_mark_it_is_the_one_that_was_named(data: bytes) -> None:
    assert written(data, "windows-1252").name == "cp1252"
    assert written(data, "utf-16").name == "utf-16-le"


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


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("utf-8", "caf\udce9", "is not UTF-8: byte 0xe9"),
        ("cp1252", "\udc81", "is not cp1252: byte 0x81"),
        ("utf-16", "a\udcff", "is not UTF-16"),
        ("utf-8", "café", ""),
    ],
)
def test_the_reason_names_encoding_and_byte(name: str, text: str, reason: str) -> None:
    assert encoding(name).not_text(text) == reason
