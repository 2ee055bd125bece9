import codecs
import io
import json
from typing import Any

import pytest

from handlers.importer.errors import FileError
from handlers.importer.reading.json_shape import JsonHead, Shape, json_head, lines_head
from handlers.importer.reading.records import RECORD_BYTES, Position
from handlers.importer.reading.streams import Stream

START = Position(0, 1)
LONG = "x" * RECORD_BYTES


def head_of(data: bytes | str, wrapper: str = "", tell: Any = json_head) -> JsonHead:
    data = data if isinstance(data, bytes) else data.encode()
    stream = Stream(io.BytesIO(data).read)
    head = tell(stream, START, wrapper) if tell is json_head else tell(stream, START)
    assert stream.peek(100) == data[head.start.offset :][:100], "the stream stands where the first row begins"
    assert head.start.line == 1 + data[: head.start.offset].count(b"\n")
    return head


@pytest.mark.parametrize(
    ("data", "offset"),
    [(b'\n \n[\n{"id": 1}]', 4), (b" " * 200_000 + b"\n[1]", 200_002), (codecs.BOM_UTF8 + b"[1]", 4), (b"[", 1)],
)
def test_a_bracket_begins_an_array(data: bytes, offset: int) -> None:
    head = head_of(data)
    assert (head.shape, head.start.offset) == (Shape.ARRAY, offset)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        b"\x1a",
        b"null",
        b"12\n",
        b'"x"',
        b'{"id": 1}',
        b'{"id": 1} \t\r\n',
        b'{"id": 1}\n\x1a',
        b'{"id": 1}\n{"id": 2}\n',
        b'{"id": 1}\n{\n"id": 2}\n',
        b'{"id": 1} junk\n{"id": 2}',
        b'{"id": 1},\n{"id": 2}',
        b'{"id": 1,}\n{"id": 2}',
        b'{"id": 1\n{"id": 2}',
        b'{"id":\n{"id": 2}\n{"id": 3}',
        b'{"id": "1\n{"id": 2}',
        b'{"id": nope\n}',
        b'{"id"',
        b"{",
        b"{" * 100_000,
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        codecs.BOM_UTF8 * 2 + b'\n{"Item": {"id": {"S": "a"}}}\n{}',
        b'{"Items": 5}\n',
        b'{"x": {"Items": [1]}, "y": [{"Items": [2]}], "z": "Items\\": ["}\n',
        b'{"id": "' + LONG.encode() + b'"}{"id": 2}',
        b'{"id": "' + LONG.encode() + b'", "Items": [{"id": 1}]}',
        b'{"id": "caf\xe9", "n": NaN, "n": ' + b"9" * 5000 + b"}\n",
        b'{"id": "' + b"x" * 65_520 + b'"}\n{"id": 2}',
        b'{"id": "' + b"x" * 65_528 + b'"}' + b" " * 100_000 + b"\n{}",
    ],
)
def test_an_object_that_ends_with_its_line_begins_lines_and_so_does_what_is_no_object(data: bytes) -> None:
    assert head_of(data).shape is Shape.LINES


@pytest.mark.parametrize(
    "data",
    [
        b'{"id": 1}{"id": 2}',
        b'{"id": 1} {\n"id": 2}',
        b'{"id": 1}\r{"id": 2}\r',
        b'{\n  "id": 1\n}\n{\n  "id": 2\n}\n',
        b'{"id":\n 1}',
        b'{"id": "caf\xe9",\n"n": NaN, "d": 12345678901234567890.1234567890e-999}',
        b'{"id": "' + b"x" * 200_000 + b'"}{"id": 2}',
        b'{"id": "a",\n "n": ' + b"1" * 65_514 + b".5}\n",
    ],
)
def test_objects_that_share_lines_or_span_them_stand_one_behind_the_other(data: bytes) -> None:
    assert head_of(data).shape is Shape.OBJECTS


@pytest.mark.parametrize(
    ("before", "wrapper", "name"),
    [
        ("{", "", "Items"),
        (
            ' \n{ "Count": 1, "x": {"Items": [1], "y": ["}"]}, "z": [{"Items": [2]}], "é": "\\"Items\\": [", ',
            "",
            "Items",
        ),
        ('{"pad": "' + LONG[:-100] + '", ', "", "Items"),
        ("{", "Records", "Items"),
        ("{", "Records", "Records"),
        ('{"Items": [{"Records": [1]}], ', "Records", "Records"),
    ],
)
@pytest.mark.parametrize("behind", ["]}", '{"id": 1}', '{"id": "' + LONG, "1, nope"])
def test_rows_may_lie_in_an_object(before: str, wrapper: str, name: str, behind: str) -> None:
    text = f'{before}"{name}" :\n['
    assert head_of(text + behind, wrapper) == JsonHead(
        Shape.WRAPPED, Position(len(text.encode()), 1 + text.count("\n")), name
    )


@pytest.mark.parametrize(
    "data",
    [b"", b'{"id": 1}', b'{"id": 1} {"id": 2}\n', b'{\n"id": 1}', b"null", b"[1]\n{}", b'["a"\n{"id": "abcdefg"}'],
)
def test_a_file_that_is_called_lines_has_lines(data: bytes) -> None:
    assert head_of(data, tell=lines_head).shape is Shape.LINES


def test_a_line_of_objects_that_is_longer_than_any_row_is_objects() -> None:
    data = json.dumps({"id": "a"}) * (RECORD_BYTES // 10)
    assert head_of(data, tell=lines_head).shape is Shape.OBJECTS
    assert head_of('{"id": "a"}\n' + data, tell=lines_head).shape is Shape.LINES


@pytest.mark.parametrize(
    "data", ['[\n{"id": 1},\n{"id": 2}\n]', '[{"id": 1},\n{"id": 2}]', "[" + '{"id": 1},' * 400_000]
)
def test_an_array_that_is_called_lines_is_named(data: str) -> None:
    with pytest.raises(FileError, match=r"is one JSON array, not an object a line, as its name or the settings say"):
        head_of(data, tell=lines_head)
