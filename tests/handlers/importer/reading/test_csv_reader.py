import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError
from handlers.importer.items.rules import ITEM_BYTES
from handlers.importer.reading.dialect import Dialect
from tests.handlers.importer.reading import reference_csv

CELLS = st.text(st.sampled_from('a7,"\\\n\r\té %{}'), max_size=4)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    st.booleans(),
    st.sampled_from(["\r\n", "\n", "\r"]),
)
def test_a_row_becomes_the_item_that_its_cells_say(
    read_file: Any, rows: list[list[str]], quote_all: bool, newline: str
) -> None:
    out = io.StringIO(newline="")
    # csv.writer takes only the characters of its own line end for such as need quotes.
    quoting = csv.QUOTE_MINIMAL if newline == "\r\n" and not quote_all else csv.QUOTE_ALL
    csv.writer(out, lineterminator=newline, quoting=quoting).writerows([["id", "x%s", 'n"{}'], *rows])
    outcome = read_file("a.csv", out.getvalue().encode())
    expected = [
        {name: {"S": cell} for name, cell in zip(("id", "x%s", 'n"{}'), row, strict=True) if cell}
        for row in rows
        if row[0] and any(cell.strip(" \t") for cell in row)
    ]
    assert outcome.stored == expected
    assert [item[1] for item in outcome.items] == [row["id"]["S"] for row in expected]
    assert len(outcome.rejects) == sum(not row[0] and any(cell.strip(" \t") for cell in row) for row in rows)


@given(st.text(st.sampled_from('ab,"\r\n\\é'), max_size=60), st.integers(1, 7))
def test_rows_and_their_lines_are_those_of_the_plain_reader(read_file: Any, text: str, piece: int) -> None:
    outcome = read_file("a.csv", b"id,x\n" + text.encode(), piece=piece)
    good, bad = [], []
    for row in reference_csv.rows(text.encode(), Dialect(), 1 << 20):
        cells = [cell.decode() for cell in row.cells]
        fits = len(cells) == 2 or (len(cells) == 3 and not cells[2])
        if not row.fault and fits and cells[0]:
            good.append((row.line + 1, cells))
        elif row.fault or any(cells):
            bad.append(row.line + 1)
    assert [item[2] for item in outcome.items] == good
    assert [reject.line for reject in outcome.rejects] == bad


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(["a", 'q"']),
                "n": st.sampled_from(["", "1", "-0.5"]),
                "b": st.sampled_from(["", "true", "0"]),
                "s": st.sampled_from(["", "é", "x"]),
            }
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_fast_way_gives_what_the_way_through_objects_gives(read_file: Any, rows: list[dict[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "n", "b", "s"])
    writer.writeheader()
    writer.writerows(rows)
    columns = {"n": "N", "b": "BOOL"}
    fast = read_file("a.csv", out.getvalue().encode(), columns=columns)
    slow = read_file("a.csv", out.getvalue().encode(), columns=columns, transform=lambda row: row)
    assert fast.stored == slow.stored
    assert [item[1:] for item in fast.items] == [item[1:] for item in slow.items]


def test_columns_have_the_types_of_the_settings(read_file: Any) -> None:
    data = b"id,price,active,note\n7,1.50,TRUE,x\n8, 2 ,0,\n"
    outcome = read_file("a.csv", data, columns={"id": "N", "price": "N", "active": "BOOL"})
    assert outcome.stored == [
        {"id": {"N": "7"}, "price": {"N": "1.50"}, "active": {"BOOL": True}, "note": {"S": "x"}},
        {"id": {"N": "8"}, "price": {"N": "2"}, "active": {"BOOL": False}},
    ]


def test_equal_number_keys_are_equal(read_file: Any) -> None:
    outcome = read_file("a.csv", b"id,at\na,1\na,1.0\n", keys=("id", "at"), columns={"at": "N"})
    assert [item[1] for item in outcome.items] == [("a", "1"), ("a", "1")]


def test_tabs_part_the_cells_of_tsv(read_file: Any) -> None:
    outcome = read_file("a.tsv", b'id\tx\na\tone, two\n"b\tc"\t\n')
    assert outcome.stored == [{"id": {"S": "a"}, "x": {"S": "one, two"}}, {"id": {"S": "b\tc"}}]


def test_bad_rows_are_rejected_with_line_reason_and_row_and_the_others_are_not(read_file: Any) -> None:
    data = (
        b'id,n,note\n1,5,"two\nlines"\n,5,no key\n3,five,bad number\n4,5\n5,5,too,many\n\n'
        b"6,5,caf\xe9\n7,7,fine\n8,8," + b"x" * ITEM_BYTES + b"\n9,9,fine"
    )
    outcome = read_file("a.csv", data, columns={"n": "N"})
    assert [item["id"]["S"] for item in outcome.stored] == ["1", "7", "9"]
    assert sorted(outcome.reasons) == [
        (4, "has no id, which is a key"),
        (5, "n: 'five' is not a number"),
        (6, "has 2 cells, the header has 3"),
        (7, "has 4 cells, the header has 3"),
        (9, "is not UTF-8: byte 0xe9"),
        (11, "has 409,610 bytes as an item, DynamoDB allows 409,600"),
    ]
    rows = {reject.line: json.loads(reject.row) for reject in outcome.rejects}
    assert rows[5] == {"id": "3", "n": "five", "note": "bad number"}
    assert rows[6] == ["4", "5"]
    assert rows[9] == ["6", "5", "caf\\xe9"]


def test_a_row_longer_than_any_item_is_rejected_without_being_held(read_file: Any) -> None:
    outcome = read_file("a.csv", b"id,x\na,1\nb," + b"y" * (4 << 20) + b"\nc,3\n")
    assert [item[1] for item in outcome.items] == ["a", "c"]
    ((line, reason),) = outcome.reasons
    assert (line, reason) == (3, "is longer than 3,145,728 bytes")
    assert len(outcome.rejects[0].row) < 300


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"id,x,id\n", "names two columns 'id': columns 1 and 3"),
        (b"name,x\n", "has no column 'id', which is a key"),
    ],
)
def test_a_header_under_which_no_row_could_be_an_item_is_refused(header: bytes, reason: str, read_file: Any) -> None:
    with pytest.raises(FileError, match=reason):
        read_file("a.csv", header + b"1,2,3\n")


def test_a_transform_may_bring_the_key(read_file: Any) -> None:
    outcome = read_file(
        "a.csv",
        b"name,n\nAda,1\n",
        columns={"n": "N"},
        transform=lambda row: {"id": row["name"].lower(), **row},
    )
    assert outcome.stored == [{"id": {"S": "ada"}, "name": {"S": "Ada"}, "n": {"N": "1"}}]


def test_reading_goes_on_from_the_end_of_any_batch(read_file: Any) -> None:
    data = b"id,x\n" + b"".join(b'%d,"a\nb"\n' % i for i in range(30_000))
    whole = read_file("a.csv", data)
    assert len(whole.ends) > 2
    rest = read_file("a.csv", data, start=whole.ends[0])
    assert rest.items == whole.items[-len(rest.items) :]
    assert 0 < len(rest.items) < len(whole.items)


@pytest.mark.parametrize("bad", [(), (0,), (63, 64), (5, 70, 71, 199), tuple(range(200))])
def test_bad_rows_among_many_are_found_in_their_order(read_file: Any, bad: tuple[int, ...]) -> None:
    lines = [f"{i},{'x' if i in bad else i}\n" for i in range(200)]
    outcome = read_file("a.csv", f"id,n\n{''.join(lines)}".encode(), columns={"n": "N"})
    assert [int(item[1]) for item in outcome.items] == [i for i in range(200) if i not in bad]
    assert [reject.line for reject in outcome.rejects] == [i + 2 for i in bad]


def test_a_row_of_another_width_is_rejected_before_a_transform_sees_it(read_file: Any) -> None:
    outcome = read_file("a.csv", b"id,n\na,1,2\nb\nc,3\n", transform=lambda row: row)
    assert outcome.stored == [{"id": {"S": "c"}, "n": {"S": "3"}}]
    assert [reason for _, reason in outcome.reasons] == [
        "has 3 cells, the header has 2",
        "has 1 cells, the header has 2",
    ]
