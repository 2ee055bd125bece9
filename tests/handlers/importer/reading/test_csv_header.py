import codecs
import io
import tracemalloc

import pytest

from handlers.importer.errors import FileError
from handlers.importer.items.rules import NAME_BYTES
from handlers.importer.reading.csv_header import CsvHead, csv_head
from handlers.importer.reading.csv_rules import QUOTED_BYTES
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.format import Format
from handlers.importer.reading.records import RECORD_BYTES, Position
from handlers.importer.reading.streams import Stream


def head_of(data: bytes, settings: Format = Format(), dialect: Dialect = Dialect()) -> CsvHead:  # noqa: B008 - constants
    stream = Stream(io.BytesIO(data).read)
    head = csv_head(stream, settings, dialect, Position(0, 1))
    assert stream.peek(len(data) + 1) == data[head.start.offset :], "the stream stands where the first row begins"
    return head


@pytest.mark.parametrize(
    ("data", "names", "start"),
    [
        (b"id,name\n1,2\n", ["id", "name"], (8, 2)),
        (codecs.BOM_UTF8 * 3 + b"id\r\n1", ["id"], (13, 2)),
        (b"id , name\t,\xc2\xa0x\n", ["id", "name", "x"], (15, 2)),
        (b"\n,,\r\n \t,\r\r\nid,name\n1,2\n", ["id", "name"], (19, 6)),
        (b'"","  "\n\nid\n', ["id"], (12, 4)),
        (b"id,name,\n1,Ada,\n", ["id", "name"], (9, 2)),
        (b"id,name, ,\n", ["id", "name", "column_3"], (11, 2)),
        (b",id,,x\n", ["column_1", "id", "column_3", "x"], (7, 2)),
        (b'5" id,"a ""b""\nc"\r1', ['5" id', 'a "b"\nc'], (18, 3)),
        (b"id,name\x1a", ["id", "name"], (8, 1)),
        (b'"id","name"\x1a', ["id", "name"], (12, 1)),
        (b"id\n\x1a", ["id"], (4, 2)),
        (b"", [], (0, 1)),
        (b"\n,,\n  \n\r", [], (8, 5)),
        (b"\x1a", [], (1, 1)),
    ],
)
def test_names_are_those_that_a_person_reads(data: bytes, names: list[str], start: tuple[int, int]) -> None:
    head = head_of(data)
    assert (head.names, head.start) == (names, start)


@pytest.mark.parametrize(
    ("data", "delimiter", "offset"),
    [
        (b"sep=;\r\nid;a,b\r\n", ";", 15),
        (codecs.BOM_UTF8 + b"SEP=|\nid|a,b\n", "|", 16),
        (b'"sep=\t"\n\nid\ta,b\n', "\t", 16),
        ("sep=§\rid§a,b\r".encode(), "§", 15),
    ],
)
def test_a_first_line_may_say_the_delimiter(data: bytes, delimiter: str, offset: int) -> None:
    head = head_of(data, dialect=Dialect("!"))
    assert (head.names, head.dialect, head.start.offset) == (["id", "a,b"], Dialect(delimiter), offset)


def test_a_column_whose_name_begins_so_is_no_such_line() -> None:
    assert head_of(b"sep=,id\n").names == ["sep=", "id"]
    assert head_of(b'sep="\nx\n', dialect=Dialect(quote="")).dialect == Dialect('"', "")
    with pytest.raises(FileError, match="delimiter, quote and escape must differ"):
        head_of(b'sep="\nid\n')


@pytest.mark.parametrize(
    ("data", "lines", "start"),
    [
        (b'# sales, "May\n\nid,name\n1,Ada\n', 1, (23, 4)),
        (b"a\r\nb\rc\nid,name\n", 3, (15, 5)),
        (b"sep=,\nid,name\n", 1, (14, 3)),
        (b"sep=,\n# title\nid,name\n", 2, (22, 4)),
        (b"x" * 200_000 + b"\r\n" + b"y" * 200_000 + b"\nid,name\n", 2, (400_011, 4)),
    ],
)
def test_the_settings_may_skip_lines(data: bytes, lines: int, start: tuple[int, int]) -> None:
    head = head_of(data, Format(skip_lines=lines))
    assert (head.names, head.start) == (["id", "name"], start)


def test_a_file_that_has_no_more_lines_than_are_skipped_is_empty() -> None:
    assert head_of(b"a\nb", Format(skip_lines=5)) == CsvHead([], [], Dialect(), Position(3, 2))


def test_the_settings_may_name_the_columns() -> None:
    head = head_of(codecs.BOM_UTF8 + b"# title\n1,Ada\n", Format(header=("id", "name"), skip_lines=1))
    assert head == CsvHead(["id", "name"], ["id", "name"], Dialect(), Position(11, 2))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"id,a,b,a \n", "the header names two columns 'a': columns 2 and 4"),
        (b",id,column_1\n", "the header has no name for column 1, and 'column_1' is column 3"),
        (b'id,"na"me"\n', 'the header is malformed, text behind the closing quote: \'id,"na"me"\''),
        (b'id,"name\n1,"x"\n', "the header is malformed, the quote opened in column 2 is not closed: 'id,\"name'"),
        (b'id,"' + b"x\n" * QUOTED_BYTES, "the quote opened in column 2 is not closed"),
        (b"id,\xe9t\xe9\n", "the header is not UTF-8: invalid continuation byte at byte 3"),
        (b"id,a\0b\n", "the header is not text"),
        (b"id," + b"x" * (NAME_BYTES + 1), "the header names column 2 with 65,536 bytes, DynamoDB allows 65,535"),
        (b"x" * (RECORD_BYTES + 1), "the header is longer than 3,145,728 bytes"),
    ],
)
def test_a_header_that_cannot_be_one_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FileError) as error:
        head_of(data)
    assert reason in str(error.value)


@pytest.mark.parametrize("line", [b",,\n", b" \t\r", b'"",\n'])
def test_megabytes_of_blank_rows_are_passed_over_a_piece_at_a_time(line: bytes) -> None:
    stream = Stream(io.BytesIO(line * 3_000 + b"id\n").read)
    tracemalloc.start()
    head = csv_head(stream, Format(), Dialect(), Position(0, 1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert head.start == (3_000 * len(line) + 3, 3_002)
    assert peak < 600_000
