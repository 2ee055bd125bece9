import codecs
import io
import tracemalloc

import pytest

from handlers.importer.errors import FileError
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.formats import Head, Kind, by_name, inspect
from handlers.importer.reading.records import RECORD_BYTES, Position
from handlers.importer.reading.streams import Stream


def head_of(name: str, data: bytes) -> Head:
    stream = Stream(io.BytesIO(data).read)
    head = inspect(stream, by_name(name).kind)
    assert stream.peek(len(data) + 1) == data[head.start.offset :], "the stream stands where the first row begins"
    return head


@pytest.mark.parametrize(
    ("name", "kind", "compression"),
    [
        ("incoming/a.csv", Kind.CSV, ""),
        ("a.TSV.GZ", Kind.TSV, "gzip"),
        ("a.jsonl", Kind.JSON_LINES, ""),
        ("a.ndjson.zst", Kind.JSON_LINES, "zstd"),
        ("data/4cdnqvhqbu2ilhzswcutnwhmxm.json.gz", None, "gzip"),
    ],
)
def test_a_name_tells_the_format(name: str, kind: Kind | None, compression: str) -> None:
    assert by_name(name) == (kind, compression)


@pytest.mark.parametrize("name", ["a.xlsx", "a.gz", "csv", "a.csv.zip", "manifest-files.md5"])
def test_any_other_name_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(FileError, match=r"ends in none of \.csv \.tsv \.jsonl \.ndjson \.json"):
        by_name(name)


def test_the_header_may_stand_behind_a_mark_and_blank_lines() -> None:
    assert head_of("a.csv", codecs.BOM_UTF8 + b'\r\n\n"id","a\nb"\r\n1,2\r\n') == Head(
        Kind.CSV, ["id", "a\nb"], Position(18, 5), cells=["id", "a\nb"], dialect=Dialect()
    )


def test_a_header_of_10_000_columns_is_read() -> None:
    names = [f"column {i}" for i in range(10_000)]
    assert head_of("a.tsv", "\t".join(names).encode() + b"\n1\n").header == names


@pytest.mark.parametrize("data", [b"", b"\n\r\n", codecs.BOM_UTF8])
@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
def test_a_file_without_a_row_is_empty_in_any_format(name: str, data: bytes) -> None:
    assert head_of(name, data).kind is Kind.JSON_LINES


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("id\n1".encode("utf-16-be"), r"begins with zero bytes \(UTF-16 without a mark"),
        (
            b"id,\xe9t\xe9\n",
            "the header is not UTF-8: invalid continuation byte at byte 3; see the setting format.encoding",
        ),
        (b"id,PK\x03\x04\0\0\n", "the header is not text"),
        (b"x" * (RECORD_BYTES + (1 << 17)), "the header is longer than"),
    ],
    ids=["UTF-16 without mark", "latin-1", "binary", "endless"],
)
def test_what_is_not_utf8_text_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        head_of("a.csv", data)


class CountedStream(Stream):
    peeks = 0

    def peek(self, size: int) -> bytes:
        self.peeks += 1
        return super().peek(size)


@pytest.mark.parametrize(
    ("name", "blank", "row", "lines"),
    [("a.csv", b"\r\n\n", b"id\r\n", 2), ("a.csv", b"\r", b"id\n", 1), ("a.json", b" \t\r\n\n", b'{"id":"1"}\n', 2)],
)
def test_megabytes_of_leading_blanks_are_passed_over_a_piece_at_a_time(
    name: str, blank: bytes, row: bytes, lines: int
) -> None:
    blanks = blank * 400_001
    stream = CountedStream(io.BytesIO(blanks + row).read)
    tracemalloc.start()
    head = inspect(stream, by_name(name).kind)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    is_csv = head.kind is Kind.CSV
    assert head.start == (len(blanks) + is_csv * len(row), 1 + 400_001 * lines + is_csv)
    assert stream.peeks < 100, "not once a blank line"
    assert peak < 400_000, "nothing is kept of what is passed over"
