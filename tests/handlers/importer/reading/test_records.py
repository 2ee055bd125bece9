import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.importer.reading import records
from handlers.importer.reading.csv_rules import CsvRules
from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.records import LineRules, Position, Rules, blocks

LINES = st.text(st.sampled_from("a\r\n\x1aé"), max_size=40)


@given(LINES, st.integers(1, 50), st.integers(1, 9), st.integers(1, 30))
def test_blocks_are_the_lines_of_the_file_and_those_too_long_are_passed_over(
    text: str, size: int, piece: int, limit: int
) -> None:
    data = text.encode()
    source = io.BytesIO(data)
    lines = data.removesuffix(b"\x1a").splitlines(keepends=True) if b"\r" not in data else None
    position, rest, too_long = Position(0, 1), b"", 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "RECORD_BYTES", limit)
        for block in blocks(lambda n: source.read(min(n, piece)), LineRules(), position, size):
            assert block.start == position
            part = data[block.start.offset : block.end.offset]
            assert block.too_long or block.data == part or block.data + b"\x1a" == part
            assert block.end.line == position.line + part.count(b"\n")
            assert not block.too_long or len(part.removesuffix(b"\x1a")) > limit
            position, rest, too_long = block.end, rest + part, too_long + block.too_long
    assert rest == data
    assert lines is None or too_long == sum(len(line) > limit for line in lines)


def test_a_ctrl_z_is_left_out_at_the_very_end_alone() -> None:
    blocks_ = list(blocks(io.BytesIO(b"a\x1a\nb\x1a").read, LineRules(), Position(0, 1)))
    assert [block.data for block in blocks_] == [b"a\x1a\n", b"b"]
    assert blocks_[-1].end == Position(5, 2), "it is behind, too"


@pytest.mark.parametrize("rules", [CsvRules(Dialect()), LineRules()])
def test_a_line_of_100_megabytes_is_passed_over_in_flat_memory(rules: Rules) -> None:
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
