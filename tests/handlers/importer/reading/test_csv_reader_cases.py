"""CSV and TSV files as people have them: the cases that were reported of other importers, by their numbers there."""

import codecs
import gzip
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from handlers.importer.errors import FileError
from handlers.importer.reading.format import Format
from tests.handlers.importer.conftest import ReadFile


class Case(NamedTuple):
    """A file, and what becomes of it."""

    data: bytes
    items: Sequence[dict[str, str | bool]]
    """Numbers as their digits."""
    rejects: Sequence[tuple[int, str]] = ()
    skipped: int = 0
    settings: Format = Format()
    name: str = "a.csv"


PRICES = [
    (line, f"price: {text!r} is not a number")
    for line, text in enumerate(("1,234", "$5", "5%", "3,50", "NaN", "0x1F", "1_000"), 2)
]
CASES = {
    "1 quotes that begin cells, TSV": Case(
        b'id\ttitle\tyear\ntt1\t"Open City\t1950\ntt2\tRiver\t1951\n'
        b'tt3\tBridge\t1952\ntt4\t"Night\t1953\ntt5\tDay\t1954\n',
        [
            {"id": "tt2", "title": "River", "year": "1951"},
            {"id": "tt3", "title": "Bridge", "year": "1952"},
            {"id": "tt5", "title": "Day", "year": "1954"},
        ],
        [(2, "the quote opened in column 2 is not closed"), (5, "the quote opened in column 2 is not closed")],
        name="a.tsv",
    ),
    "1 the same with quotes as text": Case(
        b'id\ttitle\ntt1\t"Open City\ntt4\t"Night"\n',
        [{"id": "tt1", "title": '"Open City'}, {"id": "tt4", "title": '"Night"'}],
        settings=Format(quote=""),
        name="a.tsv",
    ),
    "2 inch marks that begin cells": Case(
        b'id,item,size\nsp1,"12 inch,A\nsp2,plate,B\nsp3,bowl,C\nsp4,"14 inch,D\nsp5,cup,E\n',
        [
            {"id": "sp2", "item": "plate", "size": "B"},
            {"id": "sp3", "item": "bowl", "size": "C"},
            {"id": "sp5", "item": "cup", "size": "E"},
        ],
        [(2, "the quote opened in column 2 is not closed"), (5, "the quote opened in column 2 is not closed")],
    ),
    "7 backslashes before quotes": Case(
        b'id,q,r\nbs1,"say \\"hi\\"",x\nbs2,"a \\", b",y\nbs3,"and \\"stop",z\n',
        [],
        [(line, "text behind the closing quote") for line in (2, 4)] + [(3, "has 4 cells, the header has 3")],
    ),
    "7 the same with the escape": Case(
        b'id,q,r\nbs1,"say \\"hi\\"",x\nbs2,"a \\", b",y\nbs3,"and \\"stop",z\n',
        [
            {"id": "bs1", "q": 'say "hi"', "r": "x"},
            {"id": "bs2", "q": 'a ", b', "r": "y"},
            {"id": "bs3", "q": 'and "stop', "r": "z"},
        ],
        settings=Format(escape="\\"),
    ),
    "8 text behind a closing quote": Case(
        b'id,q\nqa1,"Big" deal\nqa2,"a" "b"\nqa3,"x"y"z"\n',
        [],
        [(line, "text behind the closing quote") for line in (2, 3, 4)],
    ),
    "12 quotes within a cell": Case(
        b'id,name\n1,5" pipe\n2,a "b" c\n', [{"id": "1", "name": '5" pipe'}, {"id": "2", "name": 'a "b" c'}]
    ),
    "37 byte order mark, quoted header": Case(
        codecs.BOM_UTF8 + b'"id","name"\n"1","Ada"\n', [{"id": "1", "name": "Ada"}]
    ),
    "38 no name for the index": Case(
        b",id,name\n0,1,Ada\n1,2,Bob\n",
        [{"column_1": "0", "id": "1", "name": "Ada"}, {"column_1": "1", "id": "2", "name": "Bob"}],
    ),
    "39 a delimiter at the end of each line": Case(
        b"id,name,\n1,Ada,\n2,Bob,\n", [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}]
    ),
    "39 the same but for the header": Case(
        b"id,name\n1,Ada,\n2,Bob\n3,Cy,x\n",
        [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}],
        [(4, "has 3 cells, the header has 2")],
    ),
    "41 blanks around names": Case(b"id ,\tname \n1,Ada\n", [{"id": "1", "name": "Ada"}]),
    "43 semicolons": Case(
        b"id;name;place\n1;Ada;3,50\n", [{"id": "1", "name": "Ada", "place": "3,50"}], settings=Format(delimiter=";")
    ),
    "43 semicolons, said by the file": Case(
        b"sep=;\r\nid;name;place\r\n1;Ada;3,50\r\n", [{"id": "1", "name": "Ada", "place": "3,50"}]
    ),
    "45 lines above the header": Case(
        b"# sales of May\n\nid,name\n1,Ada\n", [{"id": "1", "name": "Ada"}], settings=Format(skip_lines=1)
    ),
    "46 no header": Case(
        b"1,Ada\n2,Bob\n",
        [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}],
        settings=Format(header=("id", "name")),
    ),
    "48 a header repeated": Case(
        b"id,name\n1,Ada\nid,name\n2,Bob\n", [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}], skipped=1
    ),
    "48 the same behind byte order marks": Case(
        codecs.BOM_UTF8
        + b'"id","name"\n1,Ada\n'
        + (codecs.BOM_UTF8 + b'"id","name"\n2,Bob\n')
        + codecs.BOM_UTF8
        + b"id,name",
        [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}],
        skipped=2,
    ),
    "50 rows of delimiters": Case(
        b"id,name,price\n1,Ada,5\n,,\n,,\n , ,\t\n,,,,\n\n", [{"id": "1", "name": "Ada", "price": "5"}], skipped=4
    ),
    "52 texts for no value": Case(
        b"id,price,name\n1,\\N,\\N\n2,NULL,NULL\n3,,\n\\N,1,x\n",
        [{"id": "1"}, {"id": "2"}, {"id": "3"}],
        [(5, "has no id, which is a key")],
        settings=Format(nulls=("\\N", "NULL")),
    ),
    "53 forms of numbers": Case(
        b'id,price\n1,"1,234"\n2,$5\n3,5%\n4,"3,50"\n5,NaN\n6,0x1F\n7,1_000\n8,1.5e3\n9,-0\n',
        [{"id": "8", "price": "15e2"}, {"id": "9", "price": "-0"}],
        PRICES,
    ),
    "54 leading zeros": Case(
        b"id,zip\n00123,02139\n123,02139\n", [{"id": "00123", "zip": "02139"}, {"id": "123", "zip": "02139"}]
    ),
    "55 forms of truth": Case(
        b"id,paid\n1,TRUE\n2,yes\n3,Y\n4,1\n5,\n",
        [{"id": "1", "paid": True}, {"id": "4", "paid": True}, {"id": "5"}],
        [(3, "paid: 'yes' is neither true nor false"), (4, "paid: 'Y' is neither true nor false")],
    ),
    "55 the same by the settings": Case(
        b"id,paid\n1,true\n2,yes\n3,No\n4,1\n5,\n",
        [{"id": "2", "paid": True}, {"id": "3", "paid": False}, {"id": "5"}],
        [(2, "paid: 'true' is neither true nor false"), (5, "paid: '1' is neither true nor false")],
        settings=Format(booleans=(("Yes", True), ("no", False))),
    ),
    "56 a key twice": Case(
        b"id,name\n1,first\n2,x\n1,last\n",
        [{"id": "1", "name": "first"}, {"id": "2", "name": "x"}, {"id": "1", "name": "last"}],
    ),
    "61 gzip of several members": Case(
        gzip.compress(b"id,name\n1,Ada\n", mtime=0) + gzip.compress(b"2,Bob\n", mtime=0),
        [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}],
        name="a.csv.gz",
    ),
    "63 bytes that are not UTF-8": Case(
        "id,name\n1,Zo\u00eb\n2,Max\n3,5 \u20ac\n".encode("cp1252"),
        [{"id": "2", "name": "Max"}],
        [(2, "is not UTF-8: byte 0xeb"), (4, "is not UTF-8: byte 0x80")],
    ),
    "64 old line ends": Case(
        b"id,name\r1,Ada\r2,Bob\r\r\n3,Cy\r\r\n",
        [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}, {"id": "3", "name": "Cy"}],
    ),
    "65 a NUL in a cell": Case(b"id,name\n1,A\x00da\n", [{"id": "1", "name": "A\x00da"}]),
    "a final Ctrl-Z": Case(b'id,name\r\n1,"Ada"\x1a', [{"id": "1", "name": "Ada"}]),
}


def values(item: dict[str, Any]) -> dict[str, str | bool]:
    return {name: next(iter(value.values())) for name, value in item.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("transform", [None, dict], ids=["plain", "transform"])
def test_what_becomes_of_a_file(read_file: ReadFile, case: Case, transform: Any) -> None:
    columns = {"price": "N", "paid": "BOOL"}
    outcome = read_file(case.name, case.data, columns=columns, settings=case.settings, transform=transform)
    assert list(map(values, outcome.stored)) == case.items
    assert sorted(outcome.reasons) == sorted(case.rejects)
    assert outcome.skipped == case.skipped


def test_4_a_quote_that_is_never_closed_costs_its_row_alone(read_file: ReadFile) -> None:
    data = b'id,name,n\nu-a,fine,1\nu-b,"12 inch,2\n' + b"".join(b"u%d,plain,%d\n" % (i, i) for i in range(300_000))
    outcome = read_file("a.csv", data)
    assert len(outcome.items) == 300_001
    assert outcome.rejects == [(3, "the quote opened in column 2 is not closed", '"u-b,\\"12 inch,2"')]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"id;name;price\n1;Ada;3,50\n",
            "the header has no column 'id', which is a key of the table; it is 'id;name;price', which looks delimited "
            "by ';': see the setting format.delimiter",
        ),
        (b"id\tname\n", "it is 'id\\tname', which looks delimited by '\\t'"),
        (b"id|name\n", "looks delimited by '|'"),
        (b"# sales of May\n\nid,name\n", "it is '# sales of May'"),
        (
            b"1,Ada\n2,Bob\n",
            "the header has no column 'id', which is a key of the table; it is '1', 'Ada'; if that is no header, see "
            "the settings format.header and format.skipLines",
        ),
        (b"x," + b"y" * 500 + b"\n", "it is 'x', 'yyyyyyyy"),
        (b"id,name,name\n1,Ada,Lovelace\n", "the header names two columns 'name': columns 2 and 3"),
        (b'id,"na"me\n1,2\n', "the header is malformed, text behind the closing quote: 'id,\"na\"me'"),
        (b'id,"name\n1,2\n', "the header is malformed, the quote opened in column 2 is not closed"),
    ],
)
def test_a_file_that_cannot_be_imported_says_what_was_read(read_file: ReadFile, data: bytes, reason: str) -> None:
    with pytest.raises(FileError) as error:
        read_file("a.csv", data)
    assert reason in str(error.value)
    assert len(str(error.value)) < 300


def test_the_attribute_of_a_bad_number_is_named_be_it_a_key_or_not(read_file: ReadFile) -> None:
    outcome = read_file("a.csv", b"id,n\n1,x\nx,1\n,1\n", columns={"id": "N", "n": "N"})
    assert outcome.reasons == [
        (2, "n: 'x' is not a number"),
        (3, "id: 'x' is not a number"),
        (4, "has no id, which is a key"),
    ]


@pytest.mark.parametrize("count", [1, 2, 70])
def test_rows_are_skipped_alike_however_many_there_are(read_file: ReadFile, count: int) -> None:
    data = b"n,id\n" + b"1,a\n" * count + b"n,id\n, \n1, \n" + b"2, b\n" * count + b'"","\t"\n'
    outcome = read_file("a.csv", data)
    assert [item["id"]["S"] for item in outcome.stored] == ["a"] * count + [" "] + [" b"] * count
    assert (outcome.rejects, outcome.skipped) == ([], 3)
