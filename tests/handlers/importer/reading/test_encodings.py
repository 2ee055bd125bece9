import codecs

import pytest

from handlers.importer.reading.encodings import encoding, written

BYTEWISE = ["cp1252", "latin-1", "windows-1251", "ascii", "koi8-r", "cp437", "mac-roman", "iso-8859-15"]
OTHERS = ["utf-16", "utf-16-le", "UTF-16BE", "utf-32", "utf-7", "shift_jis", "gbk", "big5", "cp037", "iso2022_jp", "hz"]


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
