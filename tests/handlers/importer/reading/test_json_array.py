import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError
from handlers.importer.items.rules import Schema
from handlers.importer.reading.json_array import JsonArrayReader
from handlers.importer.reading.records import Position

OBJECTS = st.lists(
    st.fixed_dictionaries(
        {"id": st.text(st.sampled_from('a"\\é,]}'), min_size=1, max_size=4)},
        optional={
            "x": st.lists(st.integers(), max_size=2),
            "s": st.just('{"[,'),
            "m": st.just({"k": {"l": [None, {}]}}),
        },
    ),
    max_size=8,
)


@settings(deadline=None)
@given(OBJECTS, st.sampled_from([None, 0, 1]), st.booleans(), st.integers(1, 9))
def test_elements_and_their_lines_are_those_of_the_array(
    read_file: Any, objects: list[dict[str, Any]], indent: int | None, ascii_only: bool, piece: int
) -> None:
    text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    outcome = read_file("a.json", text.encode(), piece=piece)
    assert [json.loads(item[2][1]) for item in outcome.items] == objects
    assert not outcome.rejects
    if indent == 0:
        lines = [number for number, line in enumerate(text.split("\n"), 1) if line == "{"]
        assert [item[2][0] for item in outcome.items][:1] == lines[:1]


@settings(deadline=None)
@given(OBJECTS, st.integers(1, 9))
def test_reading_goes_on_from_the_end_of_any_batch(read_file: Any, objects: list[dict[str, Any]], piece: int) -> None:
    data = json.dumps(objects, indent=1, ensure_ascii=False).encode()
    whole = read_file("a.json", data, piece=piece)
    for end in set(whole.ends[:-1]):
        rest = read_file("a.json", data, piece=piece, start=end)
        assert rest.items == whole.items[len(whole.items) - len(rest.items) :]
        assert rest.ends[-1] == whole.ends[-1]


def test_a_broken_element_costs_only_itself(read_file: Any) -> None:
    data = b"".join(
        [
            b'[{"id": "a"},\n',
            b'{"id": "b", "x": nope},\n',
            b'{"id": "c", "s": "\\"]},"} junk,\n',
            b'{"id": "caf\xe9"},\n',
            b'7,\n{"id":"d"}]',
        ]
    )
    for piece in (1, 1 << 20):
        outcome = read_file("a.json", data, piece=piece)
        assert [item[1] for item in outcome.items] == ["a", "d"]
        assert outcome.reasons == [
            (2, "is not JSON: Expecting value at character 18"),
            (3, "is not JSON: Extra data at character 27"),
            (4, "is not UTF-8: byte 0xe9"),
            (5, "is not an object"),
        ]


def test_a_byte_makes_no_character_with_an_escape_before_it(read_file: Any) -> None:
    outcome = read_file("a.json", b'[{"id": "a"}, {"id": "\\ud800\xc3"}, {"id": "\xc3\xa9"}]')
    assert [item[1] for item in outcome.items] == ["a", "é"]
    assert outcome.reasons == [(1, "is not UTF-8: byte 0xc3")]


@pytest.mark.parametrize("data", [b"[]", b" [ ] \n", b"[\n\n]"])
def test_an_empty_array_has_no_rows(data: bytes, read_file: Any) -> None:
    assert read_file("a.json", data)[:2] == ([], [])


def test_deep_nesting_is_rejected_and_passed_over(read_file: Any) -> None:
    data = b'[{"id": "a", "x": ' + b"[" * 300_000 + b"]" * 300_000 + b'}, {"id": "b"}]'
    outcome = read_file("a.json", data)
    assert [item[1] for item in outcome.items] == ["b"]
    assert outcome.reasons == [(1, "is nested too deeply")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[{"id": "a"}', "ends within the array, behind line 1"),
        (b'[{"id": "a"},\n', "ends within the array, behind line"),
        (b'[{"id": "a"}] x', "has more text behind the array"),
        (b'[{"id": "a"}]' + b" " * 200_000 + b"[]", "has more text behind the array"),
    ],
)
def test_a_file_that_is_more_or_less_than_an_array_fails(data: bytes, reason: str, read_file: Any) -> None:
    with pytest.raises(FileError, match=reason):
        read_file("a.json", data)


@pytest.mark.parametrize(
    ("opening", "unit", "closing"), [(b'"', b'x\\"', b'"'), (b"", b"[", b""), (b"[", b'"a,",', b"1]")]
)
def test_a_huge_element_is_rejected_in_flat_memory(opening: bytes, unit: bytes, closing: bytes) -> None:
    filler = unit * ((1 << 16) // len(unit))
    depth = b"]" * (400 * len(filler)) if unit == b"[" else b""
    pieces = iter([b'{"id": "a"},\n{"id": "b", "x": ', opening, *[filler] * 400, closing, depth, b'},\n{"id": "c"}]'])
    reader = JsonArrayReader(Schema(("id",), {}), None)
    tracemalloc.start()
    batches = list(reader.batches(lambda _: next((p for p in pieces if p), b""), Position(1, 1)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [item[1] for batch in batches for item in batch.items] == ["a", "c"]
    ((line, reason, row),) = [reject for batch in batches for reject in batch.rejects]
    assert (line, reason) == (2, "is longer than 3,145,728 bytes")
    assert len(row) < 500
    assert peak < (100 << 20 if depth else 20 << 20)


def test_an_element_of_two_megabytes_is_read(read_file: Any) -> None:
    filler = " " * (2 << 20)
    outcome = read_file("a.json", f'[{{"id": "a",{filler}"x": 1}}]'.encode(), piece=1000)
    assert outcome.stored == [{"id": {"S": "a"}, "x": {"N": "1"}}]
