import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.importer.reading.format import Format
from infra.import_format import FormatArgs, checked_fields, mistakes


def test_what_is_not_said_is_not_told():
    assert checked_fields({}) == {}
    assert checked_fields({"type": "auto", "quote": '"', "header": [], "wrapper": None}) == {}


def test_the_importer_reads_what_is_said():
    args: FormatArgs = {
        "type": "csv",
        "delimiter": ";",
        "header": ["id", "", "n"],
        "quote": "none",
        "escape": "\\",
        "nulls": ["\\N", "NULL"],
        "encoding": "cp1252",
        "skip_lines": 2,
        "compression": "zstd",
        "booleans": {"ja": True, "nein": False},
    }
    assert Format(**checked_fields(args)) == Format(
        type="csv",
        delimiter=";",
        header=["id", "", "n"],
        quote="",
        escape="\\",
        nulls=["\\N", "NULL"],
        encoding="cp1252",
        skip_lines=2,
        compression="zstd",
        booleans=[["ja", True], ["nein", False]],
    )
    assert Format(**checked_fields({"type": "json", "wrapper": "rows"})) == Format(type="json", wrapper="rows")


def test_numbers_of_programs_without_integers_are_whole():
    assert checked_fields({"skip_lines": 2.0}) == {"skip_lines": 2}


@pytest.mark.parametrize(
    ("args", "mistake"),
    [
        ({"type": "xml"}, "type 'xml' is none of auto, csv, tsv, json, jsonl, dynamodb"),
        ({"compression": "bz2"}, "compression 'bz2' is none of auto, none, gzip, zstd"),
        ({"delimiter": ";;"}, "the delimiter ';;' is not one character"),
        ({"delimiter": "\n"}, "'\\n' cannot be the delimiter"),
        ({"delimiter": '"'}, "delimiter, quote and escape must differ"),
        ({"escape": '"'}, "delimiter, quote and escape must differ"),
        ({"quote": ","}, "delimiter, quote and escape must differ"),
        ({"type": "tsv", "escape": "\t"}, "delimiter, quote and escape must differ"),
        ({"skip_lines": -1}, "skipLines that is not negative"),
        ({"encoding": "klingon"}, "encoding 'klingon' is not a text encoding that Python knows"),
        ({"encoding": "cp1252", "delimiter": "漢"}, "'漢' is not a character of the encoding cp1252"),
        ({"delimiter": "\ud800"}, "'\\ud800' is not a character of the encoding utf-8"),
        ({"type": "jsonl", "skip_lines": 1}, "skipLines is only for CSV files, and type is jsonl"),
        ({"type": "dynamodb", "nulls": ["NULL"]}, "nulls is only for CSV files, and type is dynamodb"),
        ({"type": "csv", "wrapper": "rows"}, "wrapper is only for JSON files that are not lines, and type is csv"),
        ({"header": ["id", " id"]}, "header has 'id' 2 times"),
        ({"booleans": {"Ja": True, "ja": False}}, "booleans have 'ja' 2 times"),
        ({"booleans": {" ": True}}, "booleans have an empty text, which is not a value"),
    ],
)
def test_what_no_file_could_be_is_named(args, mistake):
    (found,) = mistakes(args)
    assert found.startswith(mistake)
    with pytest.raises(ValueError, match=r"^format: "):
        checked_fields(args)


def test_all_mistakes_are_named():
    assert len(list(mistakes({"compression": "x", "delimiter": "", "quote": ",", "encoding": "x"}))) == 3


character = st.sampled_from([*';|",\\\t ', "\r", "", "ab", "none", "§"])


@given(character, character, character, st.sampled_from(["utf-8", "ascii", "utf-16"]))
def test_the_readers_take_whatever_has_no_mistake(delimiter, quote, escape, encoding):
    args: FormatArgs = {"delimiter": delimiter, "quote": quote, "escape": escape, "encoding": encoding}
    if not list(mistakes(args)):
        dialect = Format(**checked_fields(args)).dialect("csv")
        assert not dialect.mistake()
        "".join(dialect).encode(encoding)
