"""What other people's files become: every case of public reports, by its number, read as the function reads.

The CSV files are in the table of `reading/test_csv_reader_cases.py`.
"""

import gzip
import re
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from handlers.importer.errors import FileError
from handlers.importer.reading.format import Format
from tests.handlers.importer.conftest import ReadFile
from tests.handlers.importer.reading import reference_csv
from tests.handlers.importer.reading.test_csv_reader_cases import CASES as CSV_CASES


class Case(NamedTuple):
    """A file, and what becomes of it."""

    name: str
    data: bytes
    items: Sequence[dict[str, Any]]
    """As DynamoDB writes them."""
    rejects: Sequence[tuple[int, str]] = ()
    """Line and reason."""
    skipped: int = 0


def item(id_: str, **others: Any) -> dict[str, Any]:
    return {"id": {"S": id_}, **others}


ZSTD_FRAME = bytes.fromhex("28b52ffd005871000069642c6e616d650a312c4164610a")
"""What the command `zstd` makes of a header and a row."""
BROKEN_FIRST = b'{"id":"B1",}\n{"id":"B2"}\n'
NO_NAME = (
    "is not JSON: Illegal trailing comma before end of object at character 11"
    if sys.version_info >= (3, 13)
    else "is not JSON: Expecting property name enclosed in double quotes at character 12"
)
CHANGE = b'{"Metadata":{"WriteTimestampMicros":{"N":"%d"}},"Keys":{"id":{"S":"%d"}}'
NO_NUMBER = "x: %s is not a number that DynamoDB has"
NO_RANGE = "x: '%s' is out of DynamoDB's range of 1e-130 to 1e126"
JSON_CASES = {
    13: Case("badfirst.json", BROKEN_FIRST, [item("B2")], [(1, NO_NAME)]),
    14: Case("badfirst.jsonl", BROKEN_FIRST, [item("B2")], [(1, NO_NAME)]),
    18: Case(
        "long.json",
        b'{"id":"L1","x":"' + b"y" * (4 << 20) + b'"}\n{"id":"L2"}\n',
        [item("L2")],
        [(1, "is longer than 3,145,728 bytes")],
    ),
    20: Case("concat.json", b'{"id":"1"}{"id":"2"}{"id":"3"}', [item("1"), item("2"), item("3")]),
    22: Case("scan.json", b'{\n  "Items": [\n    {"id": {"S": "1"}}\n  ],\n  "Count": 1\n}\n', [item("1")]),
    24: Case("pretty.json", b'{\n  "id": "1"\n}\n{\n  "id": "2"\n}\n', [item("1"), item("2")]),
    25: Case("bare.jsonl", b'{"id":{"S":"1"},"n":{"N":"5"}}\n', [item("1", n={"N": "5"})]),
    26: Case(
        "incr.json", CHANGE % (1, 1) + b',"NewImage":{"id":{"S":"1"}}}\n' + CHANGE % (2, 2) + b"}\n", [item("1")], (), 1
    ),
    28: Case(
        "dupname.jsonl",
        b'{"id":"D1","a":1,"a":2}\n{"Item":{"id":{"S":"D2"},"a":{"N":"1"},"a":{"N":"2"}}}\n',
        [],
        [(1, "has a twice in one object"), (2, "has a twice in one object")],
    ),
    30: Case(
        "nan.jsonl",
        b'{"id":"1","x":NaN}\n{"id":"2","x":-Infinity}\n{"id":"3","x":1}\n',
        [item("3", x={"N": "1"})],
        [(1, NO_NUMBER % "NaN"), (2, NO_NUMBER % "-Infinity")],
    ),
    31: Case(
        "num.jsonl",
        b'{"id":"1","x":12345678901234567890.123456789012345678}\n{"id":"2","x":1E400}\n{"id":"3","x":1e-131}\n'
        b'{"id":"4","x":-117.24636840820312}\n',
        [
            item("1", x={"N": "12345678901234567890123456789012345678e-18"}),
            item("4", x={"N": "-117.24636840820312"}),
        ],
        [(2, NO_RANGE % "1E400"), (3, NO_RANGE % "1e-131")],
    ),
    32: Case("crlf.jsonl", b'{"id":"1"}\r\n\r\n{"id":"2"}\r\n   \r\n', [item("1"), item("2")]),
    34: Case(
        "commas.json",
        b'[{"id":"1"},,{"id":"2"}\n{"id":"3"},{"id":"4"},]',
        [item("1"), item("4")],
        [(1, "is not JSON: Expecting value at character 1"), (1, "is not JSON: Extra data at character 12")],
    ),
}
READ = {13: 2, 14: 2, 18: 2, 20: 3, 22: 1, 24: 2, 25: 1, 26: 2, 28: 2, 30: 3, 31: 4, 32: 2, 34: 4}
"""How many rows each has; in 34 what stands between two commas is one."""

FAILED = {
    33: ("arr.jsonl", b'[\n{"id":"1"},\n{"id":"2"}\n]\n', "is one JSON array, not an object a line"),
    35: ("cut.json", b'[{"id":"1"},{"id":"2"},{"id":"3"', "ends within the array, behind line 1"),
    43: ("euro.csv", b"id;name;price\n1;Ada;3,50\n", "it is 'id;name;price', which looks delimited by ';'"),
    45: ("title.csv", b"# sales of May\n\nid,name\n1,Ada\n", "it is '# sales of May'"),
    46: ("nohead.csv", b"1,Ada\n2,Bob\n", "it is '1', 'Ada'"),
    47: ("dup.csv", b"id,name,name\n1,Ada,Lovelace\n", "the header names two columns 'name': columns 2 and 3"),
    60: ("plain.csv.gz", b"id,name\n1,Ada\n", "is not intact gzip: Error -3 while decompressing data"),
    74: ("x.parquet", b"PAR1", "the name ends in none of .csv"),
}
"""Files that cannot be imported as they are, and what the reason says."""


@pytest.mark.parametrize("number", JSON_CASES)
def test_a_json_file_has_its_right_value(number: int, read_file: ReadFile) -> None:
    case = JSON_CASES[number]
    outcome = read_file(case.name, case.data)
    assert outcome.stored == case.items
    assert outcome.reasons == list(case.rejects)
    assert outcome.skipped == case.skipped
    assert len(outcome.items) + len(outcome.rejects) + outcome.skipped == READ[number]


@pytest.mark.parametrize("case", CSV_CASES.values(), ids=CSV_CASES)
def test_each_row_of_a_csv_file_is_written_rejected_or_skipped(read_file: ReadFile, case: Any) -> None:
    outcome = read_file(case.name, case.data, columns={"price": "N", "paid": "BOOL"}, settings=case.settings)
    data = gzip.decompress(case.data) if case.name.endswith(".gz") else case.data
    sep = re.match(rb"sep=(.)\r?\n", data)
    dialect = case.settings.dialect("tsv" if case.name.endswith(".tsv") else "csv")
    dialect = dialect._replace(delimiter=sep.group(1).decode()) if sep else dialect
    rows = [row for row in reference_csv.rows(data, dialect, 1 << 20) if row.cells != [b""]]
    header = len(sep.group().splitlines()) if sep else case.settings.skip_lines
    header += not case.settings.header
    assert len(outcome.items) + len(outcome.rejects) + outcome.skipped == len(rows) - header


READ_BY = {
    43: ("euro.csv", b"id;name;price\n1;Ada;3,50\n", Format(delimiter=";")),
    45: ("title.csv", b"# sales of May\n\nid,name\n1,Ada\n", Format(skip_lines=1)),
    46: ("nohead.csv", b"1,Ada\n", Format(header=["id", "name"])),
    52: ("null.csv", b"id,name,price\n1,Ada,\\N\n", Format(nulls=["\\N"])),
    58: ("firehose.csv", gzip.compress(b"id,name\n1,Ada\n"), Format()),
    62: ("u16.csv", "id,name\r\n1,Ada\r\n".encode("utf-16"), Format()),
    63: ("cp.csv", b"id,name,price\n1,Ada,\x80\n", Format(encoding="cp1252")),
    73: ("run-1-part-r-00000", b'{"id":"1","name":"Ada"}', Format(type="jsonl")),
    74: ("x.zst", ZSTD_FRAME, Format(type="csv")),
}
"""Files, and what of the setting `format` reads them."""


@pytest.mark.parametrize("number", READ_BY)
def test_a_file_is_read_by_the_setting_for_it(number: int, read_file: ReadFile) -> None:
    name, data, format_ = READ_BY[number]
    outcome = read_file(name, data, settings=format_)
    assert [(row["id"]["S"], row["name"]["S"]) for row in outcome.stored] == [("1", "Ada")]
    assert outcome.rejects == []


@pytest.mark.parametrize("number", FAILED)
def test_a_file_that_cannot_be_read_says_why(number: int, read_file: ReadFile) -> None:
    name, data, reason = FAILED[number]
    with pytest.raises(FileError, match=re.escape(reason)):
        read_file(name, data)
