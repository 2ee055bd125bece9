import csv
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.reading import records
from handlers.importer.reading.records import CsvRules, LineRules, Position, blocks

COMMA = CsvRules(b",")
CSV_TEXT = st.text(st.sampled_from('a,"\r\n\té\u2028'), max_size=60)


@settings(deadline=None)
@given(CSV_TEXT, st.integers(1, 70), st.integers(1, 9))
def test_blocks_hold_whole_records_as_csv_reader_sees_them(text: str, size: int, piece: int) -> None:
    data = text.encode()
    source = io.BytesIO(data)
    rows, position = [], Position(0, 1)
    for block in blocks(lambda n: source.read(min(n, piece)), COMMA, position, size):
        assert block.start == position
        assert block.data == data[block.start.offset : block.end.offset]
        assert block.start.line == 1 + len(lines_of(data[: block.start.offset].decode()))
        rows += rows_of(block.data.decode())
        position = block.end
    assert rows == rows_of(text)


@settings(deadline=None)
@given(CSV_TEXT, st.integers(1, 9), st.integers(1, 12))
def test_a_record_that_is_too_long_is_passed_over_whole(text: str, piece: int, limit: int) -> None:
    source = io.BytesIO(text.encode())
    seen, passed = [], 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "RECORD_BYTES", limit)
        for block in blocks(lambda n: source.read(min(n, piece)), COMMA, Position(0, 1), 1):
            part = text.encode()[block.start.offset : block.end.offset].decode()
            passed += block.too_long
            assert not block.too_long or len(rows_of(part)) == 1
            seen += rows_of(part)
    assert seen == rows_of(text)
    lengths = record_lengths(text.encode())
    assert sum(length > limit + 1 for length in lengths) <= passed <= sum(length > limit for length in lengths)


@settings(deadline=None)
@given(CSV_TEXT, CSV_TEXT)
def test_what_stands_for_a_beginning_ends_where_the_beginning_would(beginning: str, rest: str) -> None:
    begun = beginning.encode()
    begun = begun[COMMA.last_end(begun) :]
    stand_in = COMMA.condense(begun)
    assert len(stand_in) <= 2
    end, stand_in_end = COMMA.first_end(begun + rest.encode()), COMMA.first_end(stand_in + rest.encode())
    assert bool(end) == bool(stand_in_end)
    assert not end or end - len(begun) == stand_in_end - len(stand_in)


@pytest.mark.parametrize("rules", [COMMA, LineRules()])
def test_a_line_of_100_megabytes_is_passed_over_in_flat_memory(rules: records.Rules) -> None:
    pieces = [b"id\n", *[b'x",' + b"x" * (1 << 20)] * 100, b"\nlast\n"]
    source = iter(pieces)
    tracemalloc.start()
    found = [
        (block.too_long, block.start.line, len(block.data))
        for block in blocks(lambda _: next(source, b""), rules, Position(0, 1))
    ]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [(False, 1, 3), (True, 2, 200), (False, 3, 5)]
    assert peak < 30 << 20


def test_an_open_quote_swallows_the_rest_of_the_file() -> None:
    data = b'a,"b\n' + b"c\n" * 10
    (block,) = blocks(io.BytesIO(data).read, COMMA, Position(0, 1), 4)
    assert block.data == data


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def lines_of(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def record_lengths(data: bytes) -> list[int]:
    lengths = []
    while data:
        end = COMMA.first_end(data) or len(data)
        lengths.append(end)
        data = data[end:]
    return lengths
