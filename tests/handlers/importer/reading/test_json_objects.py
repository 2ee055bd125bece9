import json
import tracemalloc
from typing import Any

import pytest

from handlers.importer.errors import FileError
from handlers.importer.items.rules import Schema
from handlers.importer.reading.json_array import JsonArrayReader
from handlers.importer.reading.json_objects import JsonObjectsReader
from handlers.importer.reading.records import Position

SCHEMA = Schema(("id",), {})
SCAN = {"Count": 1, "ScannedCount": 1, "ConsumedCapacity": None}


def ids(outcome: Any) -> list[str]:
    return [item[1] for item in outcome.items]


@pytest.mark.parametrize("between", ["", " ", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_objects_stand_one_behind_the_other(read_file: Any, between: str, indent: int | None) -> None:
    rows = [{"id": f"é{number}", "m": {"l": [{"x": "}{"}]}} for number in range(300)]
    data = between.join(json.dumps(row, indent=indent, ensure_ascii=False) for row in rows).encode()
    outcome = read_file("a.json", data)
    assert ids(outcome) == [row["id"] for row in rows]
    assert not outcome.rejects


def test_behind_a_broken_object_reading_goes_on_at_the_next_line_that_begins_with_one(read_file: Any) -> None:
    data = b"""{
  "id": "1"
}
{
  "id": "2,
  "x": [{"id": "no"}]
}
{"id": "3"} junk {"id": "no"}
{"id": "4"}
  {"id": "5", "n": NaN}{"id": "6"}
[1]
7
{"id": "caf\xe9"}{"id": "8"}
{"id": "9", "x":"""
    for piece in (1, 1 << 20):
        outcome = read_file("a.json", data, piece=piece)
        assert ids(outcome) == ["1", "3", "4", "6", "8"]
        assert outcome.reasons == [
            (4, "is not JSON: Invalid control character at at character 14"),
            (8, "is not JSON: Expecting value at character 1"),
            (10, "n: NaN is not a number that DynamoDB has"),
            (11, "is not JSON: Extra data at character 5"),
            (13, "is not UTF-8: byte 0xe9"),
            (14, "is not JSON: Expecting value at character 17"),
        ]


def test_deep_nesting_is_rejected_and_passed_over(read_file: Any) -> None:
    data = b'{"id":\n"a"}{"x": ' + b"[" * 300_000 + b"]" * 300_000 + b'}{"id": "b"}'
    outcome = read_file("a.json", data)
    assert ids(outcome) == ["a", "b"]
    assert outcome.reasons == [(2, "is nested too deeply")]


@pytest.mark.parametrize(
    "text", [b'"' + b"x" * (4 << 20) + b'"', b" " * (4 << 20) + b"1", b"[" + b"1," * (2 << 20) + b"1]"]
)
def test_an_object_that_is_longer_than_any_row_costs_only_itself(read_file: Any, text: bytes) -> None:
    data = b'{"id":\n"a"}{"id": "b", "x": ' + text + b'}{"id": "c"}'
    outcome = read_file("a.json", data)
    assert ids(outcome) == ["a", "c"]
    assert outcome.reasons == [(2, "is longer than 3,145,728 bytes")]


def test_an_object_that_never_ends_hides_nothing(read_file: Any) -> None:
    rows = b"".join(b'{"id": "%d"}\n' % number for number in range(30_000))
    for broken in (b'{"id": "x, \n', b'{"id": "x", "y": [\n', b'{"id": "x", "y": [' + b"1, " * (2 << 20) + b"1\n}\n"):
        outcome = read_file("a.json", b'{"id":\n"a"}\n' + broken + rows)
        assert len(outcome.items) == 30_001
        assert [reject.line for reject in outcome.rejects] == [3]


def test_an_object_of_two_megabytes_is_read(read_file: Any) -> None:
    data = b'{"id": "a",\n"x": ' + b" " * (2 << 20) + b'1}{"id": "b"}'
    assert ids(read_file("a.json", data, piece=1000)) == ["a", "b"]


@pytest.mark.parametrize("unit", [b"[", b" ", b'"', b"{", b"x", b"\n", b'"a",'])
@pytest.mark.parametrize("opening", [b'{"x": ', b'{"x": "'])
@pytest.mark.parametrize("reader", [JsonObjectsReader, JsonArrayReader])
def test_memory_stays_flat(reader: Any, opening: bytes, unit: bytes) -> None:
    pieces = iter([opening, *[unit * ((1 << 16) // len(unit))] * 80])
    tracemalloc.start()
    try:
        for batch in reader(SCHEMA, None).batches(lambda _: next((p for p in pieces if p), b""), Position(0, 1)):
            assert len(batch.rejects) <= 1 or reader is JsonArrayReader
    except FileError:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 << 20


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize(
    ("before", "behind"), [({}, SCAN), (SCAN, {}), ({"x": {"Items": [{"id": "no"}]}, "pad": "x" * 200_000}, SCAN)]
)
@pytest.mark.parametrize("stored", [False, True])
def test_the_output_of_a_scan_is_its_items(
    read_file: Any, before: dict[str, Any], behind: dict[str, Any], indent: int | None, stored: bool
) -> None:
    rows = [{"id": {"S": f"{n}"}, "n": {"N": "1.50"}} if stored else {"id": f"{n}", "n": True} for n in range(500)]
    text = json.dumps({**before, "Items": rows, **behind}, indent=indent)
    outcome = read_file("a.json", text.encode())
    assert ids(outcome) == [f"{number}" for number in range(500)]
    assert not outcome.rejects
    for end in {*outcome.ends[:-1]}:
        rest = read_file("a.json", text.encode(), start=end)
        assert rest.items == outcome.items[len(outcome.items) - len(rest.items) :]


def test_pages_of_a_scan_may_stand_one_behind_the_other(read_file: Any) -> None:
    pages = [{"Items": [{"id": {"S": f"{page}{row}"}} for row in range(3)], "Count": 3} for page in range(3)]
    data = "\n".join(json.dumps(page, indent=2) for page in pages).encode()
    for piece in (1, 50, 1 << 20):
        outcome = read_file("a.json", data, piece=piece)
        assert ids(outcome) == [f"{page}{row}" for page in range(3) for row in range(3)]
        for end in {*outcome.ends[:-1]}:
            rest = read_file("a.json", data, piece=piece, start=end)
            assert rest.items == outcome.items[len(outcome.items) - len(rest.items) :]


@pytest.mark.parametrize(
    ("behind", "reason"),
    [
        ("]", "ends within the object around Items, behind line 1"),
        ('], "Items": [{"id": "b"}]}', "has Items twice in the object"),
        ('], "x": nope, "y": "yyyyyyyy"}', "has more text behind the array"),
        ("]} junk", "has more text behind the array"),
        (']}{"x": 1}', "has more text behind the array"),
        (', {"id"', "ends within the array"),
        ('], "x": "' + "x" * (4 << 20), "ends within the array"),
    ],
)
def test_what_stands_behind_wrapped_rows_is_looked_at(read_file: Any, behind: str, reason: str) -> None:
    for piece in (1000, 1 << 20):
        with pytest.raises(FileError, match=reason):
            read_file("a.json", ('{"Items": [{"id": "a"}' + behind).encode(), piece=piece)


def test_megabytes_behind_wrapped_rows_are_passed_over(read_file: Any) -> None:
    data = '{"Items": [{"id": "a"}], "x": "' + "}]" * (3 << 20) + '"}' + " " * 200_000 + "\x1a"
    assert ids(read_file("a.json", data.encode())) == ["a"]


def test_an_element_that_is_never_closed_costs_only_itself(read_file: Any) -> None:
    for indent in ("", "  "):
        rows = ['{"id": "1"}', '{"id": "2}', '{"id": "3", "x": [{"y": 1}', '{"id": "4"', '{"id": "5"}', '{"id": "6"}']
        data = "[\n" + ",\n".join(indent + row for row in rows) + "\n]\n"
        for piece in (1, 1 << 20):
            outcome = read_file("a.json", data.encode(), piece=piece)
            assert ids(outcome) == ["1", "5", "6"]
            assert [line for line, _ in outcome.reasons] == [3, 4, 5]
