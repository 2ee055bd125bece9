from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.items.object_items import ObjectItems
from handlers.importer.reading.alike_lines import AlikeLines
from tests.handlers.importer.making import SCHEMA

STRINGS = ['"a"', '"b c"', '"é😀\x7f\u2028"', '"},{:"', '"1"', '"0.50"', '"x' + "y" * 2100 + '"']
NUMBERS = ["0", "7", "-3", "0.10", "-0.0", "1234567890123456789.5", "19"]
GOOD = [STRINGS, NUMBERS, ["true", "false"], ["null"]]
ODD_VALUES = ["", "-0", "01", "1e5", "1.", "NaN", "9" * 39, "-", "[]", '{"S":"a"}', "nul", "null", "true", "5"]
ODD_VALUES += ['""', '"s"', '"\\u00e9"', '"\\ud800"', '"a\tb"', '"a\nb"', '"', '"\x00"', '"\\""']
ODD_VALUES += ['"' + "z" * 200_000 + '"', '"' + "é" * 250_000 + '"']
ODD_LINES = ["", " ", "{}", "[1]", "junk", '"id"', '{"id": "a"}{"id": "b"}', '\ufeff{"id":"a"}', '{"id":"a"} ']
ODD_LINES += ['{"id":"a","id":"a"}', '{"Item":{"id":{"S":"a"}}}', '{"n":1,"id":"q"}']
SCHEMAS: list[dict[str, Any]] = [
    {},
    {"columns": {"id": "N"}},
    {"keys": ("id", "m"), "columns": {"m": "N"}},
    {"names": {"m": "renamed", "x": "id"}},
    {"names": {"m": "id"}},
    {"constants": {"m": '{"S":"set"}'}},
]
NAMES = ["m", "é", "", "m", "a.b*", "name", 'q"']


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file of lines that differ in values, of which at most one has a value or is a line that may be any."""
    kinds = draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=3))
    names = [
        "id",
        *draw(st.lists(st.sampled_from(NAMES[:2] if draw(st.booleans()) else NAMES), min_size=3, max_size=3)),
    ]
    kinds = [draw(st.sampled_from(GOOD[:2])), *kinds]
    colon, comma, newline = draw(
        st.sampled_from([(":", ",", "\n"), (": ", ", ", "\n"), (" :", " ,", "\n"), (":", ",", "\r\n")])
    )
    count = draw(st.integers(15, 40))
    rows = [[draw(st.sampled_from(kind)) for kind in kinds] for _ in range(count)]
    odd = draw(st.sampled_from(["", "value", "line"]))
    at = draw(st.sampled_from([0, 3, count - 1]))
    if odd == "value":
        rows[at][draw(st.integers(0, len(kinds) - 1))] = draw(st.sampled_from(ODD_VALUES))
    lines = [
        "{" + comma.join([f'"{name}"{colon}{value}' for name, value in zip(names, row, strict=False)]) + "}"
        for row in rows
    ]
    if odd == "line":
        lines[at] = draw(st.sampled_from(ODD_LINES))
    bad_byte = draw(st.sampled_from([b"", b"", b"", b"\xff"]))
    return newline.join([*lines, *draw(st.sampled_from([[], [""]]))]).encode() + bad_byte


@settings(deadline=None, max_examples=300)
@given(files(), st.sampled_from(SCHEMAS))
def test_lines_become_what_they_become_one_by_one(read_file: Any, data: bytes, schema: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AlikeLines, "items", lambda *_: None)
        plain = read_file("a.jsonl", data, **schema)
    assert read_file("a.jsonl", data, **schema) == plain


def test_lines_that_are_alike_become_items_at_once() -> None:
    text = "".join([f'{{"id": "a{number}", "n": -{number}.50, "b": true, "z": null}}\n' for number in range(20)])
    items = AlikeLines(ObjectItems(SCHEMA)).items(text, text.encode(), 7)
    assert items
    assert items[1] == (
        '{"id":{"S":"a1"},"n":{"N":"-1.50"},"b":{"BOOL":true},"z":{"NULL":true}}',
        "a1",
        (8, '{"id": "a1", "n": -1.50, "b": true, "z": null}'),
    )


def test_a_string_that_goes_on_on_the_next_line_is_none() -> None:
    lines = [f'{{"id":"a{number}","s":"x"}}' for number in range(20)]
    text = "\n".join([*lines[:5], '{"id":"a', 'b","s":"x"}', *lines[5:]])
    assert AlikeLines(ObjectItems(SCHEMA)).items(text, text.encode(), 1) is None


@pytest.mark.parametrize("odd", ["{}", '{"id":"","s":"x"}', '{"id":"\\n","s":"x"}'], ids=["shape", "key", "escape"])
def test_it_is_given_up_after_eight_misses_in_a_row(odd: str) -> None:
    good = '{"id":"a","s":"x"}\n' * 20
    mixed = f"{good}{odd}\n"
    lines = AlikeLines(ObjectItems(SCHEMA))
    assert lines.items(good, good.encode(), 1)
    for _ in range(6):
        assert lines.items(mixed, mixed.encode(), 1) is None
    assert lines.items(good, good.encode(), 1)
    for _ in range(8):
        assert lines.items(mixed, mixed.encode(), 1) is None
    assert lines.items(good, good.encode(), 1) is None
