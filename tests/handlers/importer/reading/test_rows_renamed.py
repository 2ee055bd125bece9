"""What `as` and `set` of an import make of files: attributes under other names, and constants in every item."""

import csv
import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.importer.items.transform import Rejected
from tests.handlers.importer.conftest import ReadFile, read_file

NAMES = {"Order No": "orderId", "kind": "type"}
CONSTANTS = {"source": '{"S":"crm"}', "year": '{"N":"2026"}', "done": '{"BOOL":true}'}
CONSTANT = {name: json.loads(value) for name, value in CONSTANTS.items()}
SETTINGS: dict[str, Any] = {"keys": ("orderId",), "names": NAMES, "constants": CONSTANTS, "columns": {"price": "N"}}

CELLS = st.text(st.sampled_from('ab "é,\\\n7'), max_size=4)
COLUMNS = st.lists(st.sampled_from(["price", "kind", "source", "note", "done"]), unique=True)
KEYS = st.sampled_from(["a", "", "é", 7, True, None])
VALUES = st.sampled_from(["a", "", 'q"', "é", 7, True, None, [1], {"S": "x"}])


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    """An item's attributes as a plain loop makes them of the item that the row would be without the settings."""
    return {NAMES.get(name, name): value for name, value in row.items()} | CONSTANT


@given(COLUMNS, st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=9), st.integers(1, 40))
def test_csv_rows_become_what_they_were_under_other_names(
    columns: list[str], rows: list[list[str]], piece: int
) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["Order No", *columns])
    table.writerows(row[: len(columns) + 1] for row in rows)
    data = text.getvalue().encode()
    types = {name: kind for name, kind in {"price": "N", "kind": "BOOL"}.items() if name in columns}
    plain = read_file("a.csv", data, keys=("Order No",), columns=types, piece=piece)
    made_types = {NAMES.get(name, name): kind for name, kind in types.items()}
    made = read_file("a.csv", data, **{**SETTINGS, "columns": made_types}, piece=piece)
    assert made.stored == [renamed(item) for item in plain.stored]
    assert (made.rejects, made.ends, made.skipped) == (plain.rejects, plain.ends, plain.skipped)


@given(
    st.lists(st.sampled_from(["kind", "source", "note", "year"]), unique=True),
    st.lists(st.tuples(KEYS, st.lists(VALUES, min_size=4, max_size=4)), max_size=9),
    st.sampled_from([".jsonl", ".json"]),
    st.booleans(),
)
def test_json_rows_become_what_they_were_under_other_names(
    members: list[str], rows: list[tuple[Any, list[Any]]], ending: str, exported: bool
) -> None:
    objects = [{"Order No": key, **dict(zip(members, values, strict=False))} for key, values in rows]
    if exported:
        objects = [{"Item": {name: typed(value) for name, value in row.items()}} for row in objects]
    data = (json.dumps(objects) if ending == ".json" else "\n".join(map(json.dumps, objects))).encode()
    plain = read_file("a" + ending, data, keys=("Order No",))
    made = read_file("a" + ending, data, **SETTINGS)
    assert made.stored == [renamed(item) for item in plain.stored]
    assert [key for _, key, _ in made.items] == [key for _, key, _ in plain.items]
    assert (made.rejects, made.skipped) == (plain.rejects, plain.skipped)


def typed(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return {"BOOL": value} if value else {"NULL": True}
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


def test_a_row_of_json_with_two_members_of_one_name_is_a_reject_as_it_was_written(read_file: ReadFile) -> None:
    found = read_file("a.jsonl", b'{"Order No": "1", "orderId": "2"}\n{"orderId": "3"}', **SETTINGS)
    assert found.stored == [{"orderId": {"S": "3"}, **CONSTANT}]
    assert found.reasons == [
        (1, "has Order No and orderId, and by the setting columns both are orderId in items"),
    ]
    assert found.rejects[0].row == '{"Order No": "1", "orderId": "2"}'


@pytest.mark.parametrize(
    ("name", "data", "reasons"),
    [
        (
            "a.csv",
            b"Order No,price\n,1\n1,much\n" + b"x" * 2049 + b",1\n",
            [
                "has no Order No, which is a key",
                "price: 'much' is not a number",
                "Order No is longer than the 2048 bytes",
            ],
        ),
        (
            "a.jsonl",
            b'{"kind": 1}\n{"Order No": true}\n{"Order No": "1", "kind": 1e999}\n{"Order No": {"N": "1"}}',
            [
                "has no Order No, which is a key",
                "Order No is a key and must be",
                "kind: '1e999' is out of",
                "has no Order No of type S, which is a key",
            ],
        ),
    ],
)
def test_reasons_and_rejects_name_the_column_as_the_file_does(
    read_file: ReadFile, name: str, data: bytes, reasons: list[str]
) -> None:
    found = read_file(name, data, **SETTINGS)
    assert len(found.reasons) == len(reasons)
    assert all(reason.startswith(said) for (_, reason), said in zip(found.reasons, reasons, strict=True))
    assert all("orderId" not in reject.row for reject in found.rejects)


def test_an_export_with_a_name_twice_stays_a_reject(read_file: ReadFile) -> None:
    """A constant brings as many quotes as the dropped attribute takes."""
    line = b'{"Item":{"Order No":{"S":"1"},"a":{"S":"xy"},"a":{"S":"xy"}}}'
    assert read_file("a.jsonl", line, **SETTINGS).reasons == [(1, "has a twice in one object")]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.csv", b"Order No,n\n1,2\nno,\n"), ("a.jsonl", b'{"Order No": "1", "n": "2"}\n{"Order No": "no"}')],
)
def test_a_transform_gets_the_new_names_and_constants_come_behind_it(
    read_file: ReadFile, name: str, data: bytes
) -> None:
    seen = []

    def tidy(row: dict[str, Any]) -> dict[str, Any] | Rejected:
        seen.append(dict(row))
        return {**row, "source": "mine", "kind": "x"} if "n" in row else Rejected("none")

    found = read_file(name, data, **SETTINGS, transform=tidy)
    assert seen == [{"orderId": "1", "n": "2"}, {"orderId": "no"}]
    assert found.stored == [{"orderId": {"S": "1"}, "n": {"S": "2"}, "kind": {"S": "x"}, **CONSTANT}]
    assert [json.loads(reject.row) for reject in found.rejects] == [
        {"Order No": "no"} | ({"n": ""} if name == "a.csv" else {})
    ]


def test_numbers_as_keys_and_a_file_that_has_the_new_name_already(read_file: ReadFile) -> None:
    settings: dict[str, Any] = {**SETTINGS, "columns": {"orderId": "N"}}
    found = read_file("a.csv.gz", gzip.compress(b"orderId,x\n01,a\nb,c\n"), **settings)
    assert [key for _, key, _ in found.items] == ["1"]
    assert found.stored == [{"orderId": {"N": "1"}, "x": {"S": "a"}, **CONSTANT}]
    assert found.reasons == [(3, "orderId: 'b' is not a number")]
