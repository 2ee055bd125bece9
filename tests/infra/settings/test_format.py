import pytest

from tests.infra.settings.making import mistakes, settings


def test_a_format_is_an_argument_with_what_is_said_of_it():
    said = {"type": "csv", "delimiter": ";", "skipLines": 1, "quote": "none", "booleans": {"ja": True, "nein": False}}
    assert settings(imports={"format": said}).imports["items"].args().get("format") == {
        "type": "csv",
        "delimiter": ";",
        "skip_lines": 1,
        "quote": "none",
        "booleans": {"ja": True, "nein": False},
    }
    assert settings(imports={}).imports["items"].args().get("format") == {}


@pytest.mark.parametrize(
    ("format_", "mistake"),
    [
        ({"type": "xml"}, "type: found 'xml'; allowed: 'auto', 'csv', 'tsv', 'json', 'jsonl' or 'dynamodb'"),
        ({"delimiter": ";;"}, "delimiter: found ';;'; allowed: one character, and no line end"),
        ({"delimiter": ""}, "delimiter: found ''; allowed: one character, and no line end"),
        ({"quote": "single"}, "quote: found 'single'; allowed: one character and no line end, or none"),
        (
            {"encoding": "klingon"},
            "encoding: found 'klingon'; allowed: a text encoding that Python knows, such as utf-8, utf-16, cp1252 or "
            "latin-1",
        ),
        ({"compression": "bz2"}, "compression: found 'bz2'; allowed: 'auto', 'none', 'gzip' or 'zstd'"),
        ({"skipLines": -1}, "skipLines: found -1; allowed: greater than or equal to 0"),
        ({"booleans": {"ja": "yes"}}, "booleans.ja: found 'yes'; allowed: a valid boolean"),
        (
            {"quotes": "none"},
            "quotes: unknown; allowed: type, delimiter, header, quote, escape, nulls, encoding, skipLines, "
            "compression, wrapper, booleans",
        ),
    ],
)
def test_what_a_format_cannot_be_is_named_with_its_key(format_, mistake):
    assert mistakes(imports={"format": format_}) == [f"sluice:imports.items.format.{mistake}"]


def test_a_format_that_contradicts_itself_is_refused():
    assert mistakes(imports={"format": {"type": "jsonl", "escape": '"', "nulls": ["NULL"]}}) == [
        "sluice:imports.items.format: found {'type': 'jsonl', 'escape': '\"', 'nulls': ['NULL']}; allowed: a format "
        "that files can have: escape is only for CSV files, and type is jsonl; nulls is only for CSV "
        "files, and type is jsonl"
    ]


def test_a_header_without_the_keys_of_the_table_is_refused_where_no_transform_brings_them():
    imports = {"sortKey": "at", "format": {"header": ["id", "n"]}}
    (found,) = mistakes(imports=imports)
    assert found.endswith("allowed: a header with at, the table's key")
    assert settings(imports={**imports, "transform": "package.module:function"}).imports["items"].format.header == [
        "id",
        "n",
    ]
    assert settings(imports={"format": {"header": [" id ", "n"]}})
