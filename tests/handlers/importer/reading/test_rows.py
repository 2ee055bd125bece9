"""Files as the settings say they are written: read as a whole, in chunks, and from wherever reading stopped."""

import codecs
import gzip
import io
import json
from functools import partial
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError, Reject
from handlers.importer.items.rules import Schema
from handlers.importer.reading.format import Format
from handlers.importer.reading.formats import AS_NAMED
from handlers.importer.reading.records import Position
from handlers.importer.reading.rows import Rows
from handlers.importer.reading.splitter import chunks
from tests.handlers.importer.conftest import Outcome, ReadFile
from tests.handlers.importer.reading.test_decompression import zstd

START = Position(0, 1)


def opened(
    name: str, data: bytes, settings: Format = AS_NAMED, start: Position = START, end: int | None = None
) -> Rows:
    return Rows(lambda offset: io.BytesIO(data[offset:end]), name, 1 << 30, start, settings)


def found(rows: Rows) -> tuple[list[tuple[str, int]], list[Reject], int]:
    """What some rows are: items with their lines, rejects, and how many were skipped."""
    batches = list(rows.reader(Schema(("id",), {}), None).batches(rows.stream.read, rows.position))
    items = [(item[0], item[2][0]) for batch in batches for item in batch.items]
    return items, [reject for batch in batches for reject in batch.rejects], sum(batch.skipped for batch in batches)


def in_chunks(name: str, data: bytes, settings: Format, chunk_bytes: int) -> Any:
    rows = opened(name, data, settings)
    assert rows.rules
    plan = list(chunks(rows.stream.read, rows.rules, chunk_bytes, start=START, reading_from=rows.position))
    parts = [found(opened(name, data, settings, chunk.start, chunk.end.offset)) for chunk in plan] or [([], [], 0)]
    items, rejects, skipped = zip(*parts, strict=True)
    return list(chain(*items)), list(chain(*rejects)), sum(skipped)


CSV_BYTES = st.lists(
    st.sampled_from([b"a", b"1", b";", b'"', b"\\", b"\n", b"\r", b"\xe9", b"\x81", b"\xa7", b" "]), max_size=60
)
DIALECTS = [
    Format(encoding="cp1252", delimiter=";"),
    Format(encoding="latin-1", delimiter="§"),
    Format(encoding="ascii", delimiter=";", escape="\\"),
    Format(encoding="koi8-r", delimiter=";", quote="", escape="\\", nulls=["a"]),
    Format(encoding="cp1252", delimiter=";", header=["id", "n"], skip_lines=1),
    Format(delimiter=";", quote="", type="csv"),
]


@settings(deadline=None)
@given(CSV_BYTES, st.sampled_from(DIALECTS), st.integers(1, 40))
def test_the_rows_of_all_chunks_are_those_of_the_whole(parts: list[bytes], format_: Format, chunk_bytes: int) -> None:
    name = "part-0" if format_.type == "csv" else "a.csv"
    data = b"id%cn\n" % (0xA7 if format_.delimiter == "§" else 0x3B) + b"".join(parts)
    assert in_chunks(name, data, format_, chunk_bytes) == found(opened(name, data, format_))


JSON_BYTES = st.lists(
    st.sampled_from([b'{"id":"', b"a", b'"}', b"\n", b"\xe9", b"\x81", b"\r\n", b' {"id":"1"}', b'{"id":{"S":"2"}}\n']),
    max_size=20,
)


@settings(deadline=None)
@given(
    JSON_BYTES,
    st.sampled_from(["cp1252", "ascii", "utf-8"]),
    st.sampled_from(["jsonl", "json", "dynamodb"]),
    st.integers(1, 40),
)
def test_so_are_those_of_json_lines(parts: list[bytes], encoding: str, type_: str, chunk_bytes: int) -> None:
    data = b'{"id":"first"}\n' + b"".join(parts)
    format_ = Format(type=type_, encoding=encoding)
    if opened("part-0", data, format_).rules:
        assert in_chunks("part-0", data, format_, chunk_bytes) == found(opened("part-0", data, format_))


ROWS = 'id;name\n1;Zoë\n"2";"x\r\ny"\n\n3;日本\n'


def packed(text: str, encoding: str, compression: str = "") -> bytes:
    data = text.encode(encoding)
    return {"gzip": partial(gzip.compress, mtime=0), "zstd": zstd.compress, "": bytes}[compression](data)


@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-16", "utf-8"), ("utf-16", "cp1252"), ("utf-32", "utf-8"), ("utf-8-sig", "cp1252")]
)
def test_a_mark_goes_before_the_setting(encoding: str, said: str, compression: str, read_file: ReadFile) -> None:
    found = read_file(
        "a.csv", packed(ROWS, encoding, compression), settings=Format(encoding=said, delimiter=";"), piece=3
    )
    assert [item["name"]["S"] for item in found.stored] == ["Zoë", "x\r\ny", "日本"]
    assert [item[2][0] for item in found.items] == [2, 3, 6]


@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "gb18030", "utf-7", "shift_jis", "utf-16"])
def test_a_file_in_another_encoding_goes_on_where_it_was_left(
    encoding: str, compression: str, read_file: ReadFile
) -> None:
    data = packed("id;name\n" + "".join(f"{i};日本\r\n" for i in range(3000)), encoding, compression)
    format_ = Format(encoding=encoding, delimiter=";")
    whole = read_file("a.csv", data, settings=format_)
    assert len(whole.stored) == 3000
    assert len(whole.ends) > 1
    for end in whole.ends:
        rest = read_file("a.csv", data, settings=format_, start=end)
        assert [item[2][0] for item in rest.items] == list(range(end.line, 3002))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", packed(ROWS, "utf-16")),
        ("a.csv", packed(ROWS, "utf-8", "gzip")),
        ("a.jsonl", packed('{"id":"1"}\n', "utf-8", "zstd")),
        ("a.json", b'[{"id":"1"}]'),
    ],
)
def test_what_is_compressed_or_transcoded_or_an_array_is_not_cut(name: str, data: bytes) -> None:
    assert opened(name, data, Format(delimiter=";")).rules is None


@pytest.mark.parametrize(
    ("name", "data", "format_", "reasons"),
    [
        ("a.csv", b"id\na\nb\xe9\nc\n", Format(), [(3, "is not UTF-8: byte 0xe9")]),
        ("a.csv", b"id\na\nb\x81\nc\n", Format(encoding="cp1252"), [(3, "is not cp1252: byte 0x81")]),
        ("a.csv", b"id\na\n\xc3\xa9\nc\n", Format(encoding="ascii"), [(3, "is not ascii: byte 0xc3")]),
        ("a.csv", "id\na\n\udc00\nc\n".encode("utf-16", "surrogatepass"), Format(), [(3, "is not UTF-16")]),
        ("a.csv", b"id\na\n\x81\x20\nc\n", Format(encoding="shift_jis"), [(3, "is not shift_jis")]),
        (
            "a.jsonl",
            b'{"id":"a"}\n{"id":"\x81"}\n{"id":"c"}\n',
            Format(encoding="cp1252"),
            [(2, "is not cp1252: byte 0x81")],
        ),
        (
            "a.json",
            b'[{"id":"a"},\n{"id":"\x81"},{"id":"c"}]',
            Format(encoding="cp1252"),
            [(2, "is not cp1252: byte 0x81")],
        ),
        (
            "a.json",
            b'{"id":"a"}{\n"id":"\x81"}{"id":"c"}',
            Format(encoding="cp1252"),
            [(1, "is not cp1252: byte 0x81")],
        ),
        (
            "a.json",
            '[{"id":"a"},\n{"id":"\ud800"},{"id":"c"}]'.encode("utf-16", "surrogatepass"),
            Format(),
            [(2, "is not UTF-16")],
        ),
    ],
)
def test_bytes_that_are_no_text_cost_their_row(
    name: str, data: bytes, format_: Format, reasons: list[tuple[int, str]], read_file: ReadFile
) -> None:
    found = read_file(name, data, settings=format_)
    assert ([item["id"]["S"] for item in found.stored], found.reasons) == (["a", "c"], reasons)


def test_bytes_that_are_no_text_are_shown_where_text_is() -> None:
    _, (reject,), _ = found(opened("a.csv", b'id\n"caf\xe9\x81\n', Format(encoding="cp1252")))
    assert reject.row == json.dumps('"café\\x81')


@pytest.mark.parametrize(
    "name", ["firehose-2026-11-27-10-00-00-x", "run-1-part-r-00000", "u0000_part_00", "a.txt", "a.tsv"]
)
@pytest.mark.parametrize(
    ("format_", "data"),
    [
        (Format(type="csv"), b"id,n\n1,2\n"),
        (Format(type="tsv"), b"id\tn\n1\t2\n"),
        (Format(type="json"), b'[{"id":"1","n":"2"}]'),
        (Format(type="jsonl"), b'{"id":"1","n":"2"}'),
        (Format(type="json", wrapper="rows"), b'{"rows":[{"id":"1","n":"2"}],"Items":[{"id":"no"}]}'),
        (Format(type="dynamodb"), b'{"id":{"S":"1"},"n":{"S":"2"}}'),
        (Format(type="dynamodb"), b'{"Items":[{"id":{"S":"1"},"n":{"S":"2"}}],"Count":1}'),
        (Format(type="csv", delimiter="|", header=["id", "n"]), b"1|2\n"),
    ],
)
@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_the_type_goes_before_the_name(
    name: str, format_: Format, data: bytes, compression: str, read_file: ReadFile
) -> None:
    outcome: Outcome = read_file(name, packed(data.decode(), "utf-8", compression), settings=format_)
    assert (outcome.stored, outcome.rejects) == ([{"id": {"S": "1"}, "n": {"S": "2"}}], [])


def test_a_row_that_is_no_dynamodb_json_is_a_reject_where_the_type_says_it_is(read_file: ReadFile) -> None:
    found = read_file("a.json", b'{"Item":{"id":{"S":"1"}}}\n{"id":"2"}\n', settings=Format(type="dynamodb"))
    assert (len(found.items), found.reasons) == (1, [(2, "has no id of type S, which is a key")])


def test_what_a_transform_makes_of_dynamodb_json_may_be_plain(read_file: ReadFile) -> None:
    found = read_file(
        "a.json", b'{"id":{"S":"1"}}', settings=Format(type="dynamodb"), transform=lambda row: {"id": row["id"]["S"]}
    )
    assert found.stored == [{"id": {"S": "1"}}]


@pytest.mark.parametrize(
    ("format_", "data", "reason"),
    [
        (
            Format(compression="none"),
            gzip.compress(b"id\n1\n", mtime=0),
            "is gzip by its content, and is not decompressed: the setting",
        ),
        (
            Format(),
            gzip.compress(gzip.compress(b"id\n1\n", mtime=0), mtime=0),
            "is gzip by its content, and is not decompressed: compressed twice",
        ),
        (Format(compression="gzip"), b"id\n1\n", "is not intact gzip"),
        (Format(compression="zstd"), b"id\n1\n", "is not intact zstd"),
        (Format(type="dynamodb"), b"$ion_1_0 {Item:{id:1}}", "is Amazon Ion"),
        (Format(type="json"), b"\xe0\x01\x00\xea\x8b", "is Amazon Ion"),
    ],
)
def test_what_cannot_be_read_so_is_refused(format_: Format, data: bytes, reason: str) -> None:
    with pytest.raises(FileError, match=f"^{reason}"):
        opened("a.csv", data, format_)


def test_the_setting_decompresses_whatever_the_name(read_file: ReadFile) -> None:
    assert read_file("a.csv", gzip.compress(b"id\n1\n", mtime=0), settings=Format(compression="gzip")).stored
    assert read_file("a.csv.gz", b"id\n1\n", settings=Format(compression="none")).stored


def test_content_goes_before_a_name_that_says_compressed_otherwise(read_file: ReadFile) -> None:
    assert read_file("a.csv.gz", zstd.compress(b"id\n1\n")).stored


def test_a_sep_line_is_read_in_the_encoding_of_the_file(read_file: ReadFile) -> None:
    data = codecs.BOM_UTF16_LE + "sep=;\r\nid;n\r\n1;2\r\n".encode("utf-16-le")
    assert read_file("a.csv", data).stored == [{"id": {"S": "1"}, "n": {"S": "2"}}]
