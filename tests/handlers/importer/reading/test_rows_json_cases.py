"""What other people's JSON files become: cases from public reports, by their numbers."""

from typing import Any

import pytest

from handlers.importer.errors import FileError

CHANGE = b'{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"id":{"S":"1"}}'
CASES = {
    13: ("a.json", b'{"id":"B1",}\n{"id":"B2"}\n', ["B2"], [1], 0),
    14: ("a.jsonl", b'{"id":"B1",}\n{"id":"B2"}\n', ["B2"], [1], 0),
    18: ("a.json", b'{"id":"L1","x":"' + b"y" * (4 << 20) + b'"}\n{"id":"L2"}\n', ["L2"], [1], 0),
    20: ("a.json", b'{"id":"1"}{"id":"2"}{"id":"3"}', ["1", "2", "3"], [], 0),
    22: ("a.json", b'{\n  "Items": [\n    {"id": {"S": "1"}}\n  ],\n  "Count": 1\n}\n', ["1"], [], 0),
    24: ("a.json", b'{\n  "id": "1"\n}\n{\n  "id": "2"\n}\n', ["1", "2"], [], 0),
    25: ("a.jsonl", b'{"id":{"S":"1"},"n":{"N":"5"}}\n', ["1"], [], 0),
    26: ("a.json", CHANGE + b',"NewImage":{"id":{"S":"1"}}}\n' + CHANGE + b"}\n", ["1"], [], 1),
    28: (
        "a.jsonl",
        b'{"id":"D1","a":1,"a":2}\n{"Item":{"id":{"S":"D2"},"a":{"N":"1"},"a":{"N":"2"}}}\n',
        [],
        [1, 2],
        0,
    ),
    30: ("a.jsonl", b'{"id":"1","x":NaN}\n{"id":"2","x":-Infinity}\n{"id":"3","x":1}\n', ["3"], [1, 2], 0),
    31: ("a.jsonl", b'{"id":"1","x":1.25}\n{"id":"2","x":1E400}\n{"id":"3","x":1e-131}\n', ["1"], [2, 3], 0),
    32: ("a.jsonl", b'{"id":"1"}\r\n\r\n{"id":"2"}\r\n   \r\n', ["1", "2"], [], 0),
    34: ("a.json", b'[{"id":"1"},,{"id":"2"}\n{"id":"3"},{"id":"4"},]', ["1", "4"], [1, 1], 0),
}


@pytest.mark.parametrize("number", CASES)
def test_a_case_has_its_right_value(number: int, read_file: Any) -> None:
    name, data, items, rejects, skipped = CASES[number]
    outcome = read_file(name, data)
    assert [item[1] for item in outcome.items] == items
    assert [reject.line for reject in outcome.rejects] == rejects
    assert outcome.skipped == skipped


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jsonl", b'[\n{"id":"1"},\n{"id":"2"}\n]\n', "is one JSON array"),
        ("a.json", b'[{"id":"1"},{"id":"2"},{"id":"3"', "ends within the array"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, data: bytes, reason: str, read_file: Any) -> None:
    with pytest.raises(FileError, match=reason):
        read_file(name, data)
