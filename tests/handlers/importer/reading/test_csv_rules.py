import io
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.importer.reading.csv_rules import QUOTED_BYTES, CsvRules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.records import Position, blocks
from handlers.importer.reading.splitter import chunks
from tests.handlers.importer.reading.csv_comparison import DIALECTS, Reading, alphabet, compare

READINGS = st.builds(
    Reading,
    size=st.integers(1, 60),
    piece=st.sampled_from([1, 3, 1000]),
    quoted_bytes=st.sampled_from([3, 8, 20, 1 << 20]),
    record_bytes=st.sampled_from([5, 12, 40, 3 << 20]),
    chunk_bytes=st.integers(1, 40),
)
COMMA = CsvRules(Dialect())


def texts(dialect: Dialect) -> st.SearchStrategy[tuple[Dialect, str]]:
    return st.tuples(st.just(dialect), st.lists(st.sampled_from(alphabet(dialect)), max_size=40).map("".join))


@given(st.sampled_from(DIALECTS).flatmap(texts), READINGS)
@example((Dialect(";", "'"), ";;'\x1a\x1a"), Reading(size=2, chunk_bytes=4))
@example((Dialect(",", ""), "'én\x1a"), Reading(size=2, piece=1, chunk_bytes=1))
def test_rows_are_those_of_the_plain_reader_however_they_are_read(
    written: tuple[Dialect, str], reading: Reading
) -> None:
    dialect, text = written
    compare(text.encode(), dialect, reading)


def found(data: bytes, size: int = 1 << 15) -> list[tuple[bytes, str]]:
    return [(block.data, block.fault) for block in blocks(io.BytesIO(data).read, COMMA, Position(0, 1), size)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b'"Big" deal\n', "text behind the closing quote"),
        (b'1,"a" "b"\n', "text behind the closing quote"),
        (b'"x"y"z"\n', "text behind the closing quote"),
        (b'1,2,"12 inch,3\r\n', "the quote opened in column 3 is not closed"),
        (b'"a, ""b"",",5" x,"c\r', "the quote opened in column 3 is not closed"),
        (b'"two\nlines","open\n', "the quote opened in column 2 is not closed"),
    ],
)
def test_a_malformed_row_ends_with_the_line_on_which_the_cell_opens(row: bytes, fault: str) -> None:
    assert found(b"a,b\n" + row + b"c,d\n") == [(b"a,b\n", ""), (row, fault), (b"c,d\n", "")]


def test_a_quoted_cell_may_have_a_mebibyte_with_its_quotes() -> None:
    longest = b'"' + b"x" * (QUOTED_BYTES - 2) + b'"'
    assert found(longest + b"\n1\n") == [(longest + b"\n", ""), (b"1\n", "")]
    row = b'"' + b"x" * (QUOTED_BYTES - 1) + b'"\n'
    assert found(row + b"1\n") == [(row, "the quote opened in column 1 is not closed"), (b"1\n", "")]
    # The quote at the limit is one half of a pair.
    row = b'"' + b"x" * (QUOTED_BYTES - 2) + b'"","\n'
    assert found(row + b"1\n") == [(row, "the quote opened in column 1 is not closed"), (b"1\n", "")]


HOSTILE = {
    "one open quote": b'u-b,"12 inch,2\n' + b"u1,plain,1\n" * 300_000,
    "an open quote a row": b'u1,"12 inch,2\n' * 40_000,
    "an open quote a row, and pairs": b'u1,"12 ""inch"",2\nu2,""\n' * 25_000,
    "one open quote, then pairs": b'"\n' + b'u1,"""""",2\n' * 50_000,
    "three quotes a row": b'u1,"""x\n' * 50_000,
    "rows over lines": b'u1,"x\ny\n' * 50_000,
    "pairs with text behind": b'u1,""x\n' * 50_000,
    "an open quote for each mebibyte": (b'u1,"x\n' + b"plain,1\n" * 140_000) * 2,
}
"""Who looked at all that follows for each of their rows would take minutes."""


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_malformed_file_is_read_in_linear_time(data: bytes) -> None:
    began = time.process_time()
    for _ in blocks(io.BytesIO(data).read, COMMA, Position(0, 1)):
        pass
    planned = list(chunks(io.BytesIO(data).read, COMMA, 1 << 20, start=Position(0, 1)))
    assert planned[-1].end.offset == len(data)
    assert time.process_time() - began < 20


def test_a_malformed_file_is_read_in_flat_memory() -> None:
    pieces = (b'u1,"x\n' + b"plain,1\n" * 200_000 for _ in range(6))
    tracemalloc.start()
    for _ in blocks(lambda _: next(pieces, b""), COMMA, Position(0, 1)):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20
