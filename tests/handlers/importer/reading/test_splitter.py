import io
import math

from hypothesis import example, given, settings
from hypothesis import strategies as st

from handlers.importer.reading.csv_rules import CsvRules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.records import LineRules, Position, Rules
from handlers.importer.reading.splitter import Chunk, chunks
from tests.handlers.importer.reading import reference_csv

CSV_TEXT = st.text(st.sampled_from('ab,"\r\n\té'), max_size=80)
COMMA = CsvRules(Dialect())
CHUNK_BYTES = st.integers(1, 90)


def plan(data: bytes, chunk_bytes: int, rules: Rules = COMMA, after: Chunk | None = None) -> list[Chunk]:
    start = after.end if after else Position(0, 1)
    source = io.BytesIO(data[start.offset :])
    number = after.number + 1 if after else 0
    return list(chunks(source.read, rules, chunk_bytes, start=start, number=number))


@given(CSV_TEXT, CHUNK_BYTES)
def test_the_rows_of_all_chunks_are_those_of_the_whole(text: str, chunk_bytes: int) -> None:
    data = text.encode()
    parts = [data[chunk.start.offset : chunk.end.offset] for chunk in plan(data, chunk_bytes)]
    assert [cells for part in parts for cells in rows_of(part)] == rows_of(data)


@settings(deadline=None)
@given(CSV_TEXT, CHUNK_BYTES)
def test_each_chunk_knows_its_first_line(text: str, chunk_bytes: int) -> None:
    data = text.encode()
    for chunk in plan(data, chunk_bytes):
        before = data[: chunk.start.offset].decode()
        assert chunk.start.line == 1 + len(list(io.StringIO(before, newline="")))


@settings(deadline=None)
@given(CSV_TEXT, CHUNK_BYTES)
def test_there_are_at_most_as_many_chunks_as_the_size_says(text: str, chunk_bytes: int) -> None:
    data = text.encode()
    assert len(plan(data, chunk_bytes)) <= math.ceil(len(data) / chunk_bytes)


@settings(deadline=None)
@given(CSV_TEXT, CHUNK_BYTES, st.integers(0, 20))
@example("aaé\raaaa\r\ra", 1, 0)
@example("\n\rba\r\t\n\rébbb\nbb\r,a\t,\n\rb", 11, 0)
def test_a_plan_that_is_taken_up_again_is_the_same(text: str, chunk_bytes: int, done: int) -> None:
    data = text.encode()
    whole = plan(data, chunk_bytes)
    if done < len(whole):
        assert whole[: done + 1] + plan(data, chunk_bytes, after=whole[done]) == whole


def test_json_lines_are_cut_at_newlines_alone() -> None:
    data = b'{"a": "\\""}\n{"a": 2}\r\n{"a": "\r"}\n'
    found = plan(data, 1, LineRules())
    assert [data[c.start.offset : c.end.offset] for c in found] == [
        b'{"a": "\\""}\n',
        b'{"a": 2}\r\n',
        b'{"a": "\r"}\n',
    ]


def test_the_header_belongs_to_the_first_chunk() -> None:
    data = b"id,n\n1,2\n"
    found = list(chunks(io.BytesIO(data[5:]).read, COMMA, 100, start=Position(0, 1), reading_from=Position(5, 2)))
    assert found == [Chunk(0, Position(0, 1), Position(9, 3))]


def rows_of(data: bytes) -> list[list[bytes] | str]:
    return [row.fault or row.cells for row in reference_csv.rows(data, Dialect(), 1 << 20)]
