import codecs
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.reading.json_text import decode

LINES = st.text(st.sampled_from('{}[]":,1e.-a \\tru\t'), max_size=20) | st.sampled_from(
    ['{"id": "a"}', '{"id": 1}, {"id": 2}', '{"id": [1', "2]}", '{"id": "b", "n": 0.1}\t']
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_each_line_is_read_as_if_it_stood_alone(read_file: Any, lines: list[str], newline: str) -> None:
    outcome = read_file("a.jsonl", newline.join(lines).encode())
    items, rejects = [], []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError:
            rejects += [number] if line.strip() else []
        else:
            good = isinstance(row, dict) and type(row.get("id")) in (str, int, float) and row["id"] != ""
            (items if good else rejects).append(number)
    assert [item[2][0] for item in outcome.items] == items
    assert [reject.line for reject in outcome.rejects] == rejects


def test_values_keep_their_types_and_digits(read_file: Any) -> None:
    line = '{"id":"a","t":0.1,"s":1e-7,"i":123456789012345678901234567890,"n":null,"b":true,"m":{"l":[1,"é"]}}'
    assert read_file("a.ndjson", line.encode()).stored == [
        {
            "id": {"S": "a"},
            "t": {"N": "0.1"},
            "s": {"N": "1e-7"},
            "i": {"N": "123456789012345678901234567890"},
            "n": {"NULL": True},
            "b": {"BOOL": True},
            "m": {"M": {"l": {"L": [{"N": "1"}, {"S": "é"}]}}},
        }
    ]


def test_bad_lines_are_rejected_with_the_line_as_it_was_written(read_file: Any) -> None:
    lines = [
        b'{"id": "1", "n": 1.10}',
        b'{"id": 2, ',
        b'{"id": "3", "n": NaN}',
        b'{"n": 1.10}',
        b'{"id": "caf\xe9"}',
        b'{"id": "' + b"[" * 10 + b'"}',
        b'{"id": "7", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[1]",
        b'{"id": ' + b"9" * 5000 + b"}",
    ]
    outcome = read_file("a.jsonl", b"\n".join(lines))
    assert [item[1] for item in outcome.items] == ["1", "[" * 10]
    assert dict(outcome.reasons) == {
        2: "is not JSON: Expecting property name enclosed in double quotes at character 11",
        3: "n: NaN is not a number that DynamoDB has",
        4: "has no id, which is a key",
        5: "is not UTF-8: byte 0xe9",
        7: "is nested too deeply",
        8: "is an array, not an object",
        9: "id: has a number with more digits than the 38 that DynamoDB keeps",
    }
    rows = {reject.line: reject.row for reject in outcome.rejects}
    assert rows[4] == '{"n": 1.10}'
    assert json.loads(rows[2]) == '{"id": 2, '
    assert json.loads(rows[5]) == '{"id": "caf\\xe9"}'


def test_a_byte_makes_no_character_with_an_escape_before_it(read_file: Any) -> None:
    outcome = read_file("a.jsonl", b'{"id": "a"}\n{"id": "\\ud800\xc3"}\n{"id": "\xc3\xa9"}\n')
    assert [item[1] for item in outcome.items] == ["a", "é"]
    assert outcome.reasons == [(2, "is not UTF-8: byte 0xc3")]


def test_a_line_is_blank_only_as_json_knows_blanks(read_file: Any) -> None:
    outcome = read_file("a.jsonl", '{"id": "a"}\n \t\r\n\n\xa0\n\x1f\n'.encode())
    assert [line for line, _ in outcome.reasons] == [4, 5]


def test_a_line_longer_than_any_item_is_rejected(read_file: Any) -> None:
    outcome = read_file("a.jsonl", b'{"id": "a", "x": "' + b"x" * (4 << 20) + b'"}\n{"id": "b"}\n')
    assert outcome.reasons == [(1, "is longer than 3,145,728 bytes")]
    assert [item[1] for item in outcome.items] == ["b"]


def test_the_lines_of_a_table_export_are_items(read_file: Any) -> None:
    data = b'{"Item":{"id":{"S":"a"},"n":{"N":"1.50"},"s":{"SS":["x"]}}}\n{"Item":{"id":{"S":"b"}}}\n'
    assert read_file("data/abc.json", data).stored == [
        {"id": {"S": "a"}, "n": {"N": "1.50"}, "s": {"SS": ["x"]}},
        {"id": {"S": "b"}},
    ]


def test_a_fraction_keeps_its_digits_through_decoding() -> None:
    assert decode("[0.10]") == ["0.10"]


def test_a_line_may_hold_several_objects(read_file: Any) -> None:
    lines = [
        b'{"id": "1"}{"id": "2"} \t{"id": "3"}',
        b'{"id": "4"} junk',
        b'{"id": "5"}{"id": "6", }',
        b'{"id": "7"}{"x": 1}{"id": "8", "n": NaN}',
        b'{"id": "9"}[]',
    ]
    outcome = read_file("a.jsonl", b"\n".join(lines))
    assert [(item[2][0], item[1]) for item in outcome.items] == [(1, "1"), (1, "2"), (1, "3"), (4, "7")]
    assert outcome.reasons == [
        (2, "is not JSON: Extra data at character 13"),
        (3, "is not JSON: Extra data at character 12"),
        (4, "has no id, which is a key"),
        (4, "n: NaN is not a number that DynamoDB has"),
        (5, "is not JSON: Extra data at character 12"),
    ]
    assert [reject.row for reject in outcome.rejects][2:4] == ['{"x": 1}', '"{\\"id\\": \\"8\\", \\"n\\": NaN}"']


def test_byte_order_marks_of_joined_files_and_a_final_ctrl_z_are_passed_over(read_file: Any) -> None:
    mark = codecs.BOM_UTF8
    data = mark * 2 + b'{"id": "1"}\r\n' + mark + b'{"id": "2"}\n' + mark + b'\n{"id": "3"}\n\x1a'
    for name in ("a.jsonl", "a.json"):
        outcome = read_file(name, data)
        assert [(item[2][0], item[1]) for item in outcome.items] == [(1, "1"), (2, "2"), (4, "3")]
        assert not outcome.rejects


def test_of_two_final_ctrl_z_only_one_is_passed_over(read_file: Any) -> None:
    outcome = read_file("a.jsonl", b'{"id": "1"}\n\x1a\x1a')
    assert [item[1] for item in outcome.items] == ["1"]
    assert [reject.line for reject in outcome.rejects] == [2]


def test_a_name_twice_in_one_object_is_rejected_and_named(read_file: Any) -> None:
    good = [json.dumps({"id": f"{number}", "a": [{"a": '"a":\\'}]}) for number in range(200)]
    bad = [
        '{"id":"D1","a":1,"a":2}',
        '{"Item":{"id":{"S":"D2"},"a":{"N":"1"},"a":{"N":"2"}}}',
        '{"id": "D3", "m": [{"x" : 1, "y": {"z": 1}, "x": 1}]}',
        '{"id": "D4", "\\u0069d": "x"}',
    ]
    outcome = read_file("a.jsonl", "\n".join([*good[:100], *bad, *good[100:]]).encode())
    assert len(outcome.items) == 200
    assert outcome.reasons == [
        (101, "has a twice in one object"),
        (102, "has a twice in one object"),
        (103, "has x twice in one object"),
        (104, "has id twice in one object"),
    ]


def test_an_incremental_export_has_new_images_and_removed_items(read_file: Any) -> None:
    metadata = {"Metadata": {"WriteTimestampMicros": {"N": "1"}}}
    rows = [
        {**metadata, "Keys": {"id": {"S": "1"}}, "NewImage": {"id": {"S": "1"}, "n": {"N": "5"}}},
        {**metadata, "Keys": {"id": {"S": "2"}}},
        {**metadata, "Keys": {"id": {"S": "3"}}, "OldImage": {"id": {"S": "3"}}},
    ]
    outcome = read_file("a.json", "\n".join(map(json.dumps, rows)).encode())
    assert (outcome.stored, outcome.rejects, outcome.skipped) == ([{"id": {"S": "1"}, "n": {"N": "5"}}], [], 2)
