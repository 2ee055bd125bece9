import csv
import io
import json
import zipfile
from typing import Any

import pytest

from sluice import sample_files
from sluice.pipelines import Pipeline
from sluice.sample_files import Writing, orders, people, poison, writing_of
from sluice.target import Target

USER = {"userId": "u-1", "name": "Änn", "email": "ann@example.com"}


def test_a_file_of_people_has_a_line_each_with_the_keys():
    name, content = people({"id": "B", "n": "N"}, [USER, {**USER, "userId": "u-2"}])
    lines = [json.loads(line) for line in content.splitlines()]
    assert name == "people.jsonl"
    assert [(line["id"], line["n"], line["name"]) for line in lines] == [("u-1", 1, "Änn"), ("u-2", 2, "Änn")]


@pytest.mark.parametrize(
    ("keys", "first", "without_key"),
    [
        ({"sku": "S"}, {"sku": "o-1"}, {"sku": ""}),
        ({"sku": "S", "line": "N"}, {"sku": "o-1", "line": "1"}, {"sku": "", "line": "5"}),
        ({"sku": "N"}, {"sku": "1"}, {"sku": ""}),
    ],
)
def test_a_file_of_orders_has_a_column_for_each_key_and_its_planted_mistakes(keys, first, without_key):
    name, content = orders(keys)
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert name == "orders.csv"
    assert len(rows) == 8
    assert rows[0] == {
        **first, "customer": 'Åsa "the boss" Öberg', "price": "12.50", "paid": "true", "note": "two lines\nin one cell",
    }  # fmt: skip
    assert rows[1]["paid"] is None  # a row that is too short
    assert rows[4].items() >= without_key.items()


def test_columns_are_called_as_the_settings_call_them():
    writing = Writing({"id": "Order No"}, "csv", ";")
    assert people({"id": "S"}, [USER], writing) == (
        "people.csv", "Order No;name;email;city\nu-1;Änn;ann@example.com;\n".encode(),
    )  # fmt: skip
    assert orders({"id": "S"}, writing)[1].startswith(b"Order No;customer;price;paid;note\no-1;")


def test_a_file_without_a_header_row_has_the_columns_of_the_setting():
    writing = Writing(kind="tsv", header=("email", "x", "id"), encoding="cp1252")
    assert people({"id": "S"}, [{**USER, "email": "ä@example.com"}], writing)[1] == b"\xe4@example.com\t\tu-1\n"


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("jsonl", "people.jsonl", {"No": "u-1", "name": "Änn", "email": "ann@example.com"}),
        ("json", "people.json", [{"No": "u-1", "name": "Änn", "email": "ann@example.com"}]),
        (
            "dynamodb",
            "people.json",
            {"Item": {"No": {"S": "u-1"}, "name": {"S": "Änn"}, "email": {"S": "ann@example.com"}}},
        ),
    ],
)
def test_files_of_json_have_the_form_of_the_setting(kind, name, content):
    written = people({"id": "S"}, [USER], Writing({"id": "No"}, kind))
    assert (written[0], json.loads(written[1])) == (name, content)


def test_orders_as_json_lines_have_one_without_a_key():
    name, content = orders({"id": "S"}, Writing(kind="jsonl"))
    assert name == "orders.jsonl"
    assert [json.loads(line)["id"] for line in content.splitlines()][3:5] == ["o-4", ""]


@pytest.mark.parametrize(
    ("writing", "file"),
    [
        (Writing(), ("poison.csv", b"colour,size\nred,1\nblue,2\n")),
        (Writing(kind="csv", delimiter=";"), ("poison.csv", b"colour;size\nred;1\nblue;2\n")),
        (Writing(kind="json"), ("poison.json.gz", b"\x1f\x8b no gzip")),
        (Writing(kind="csv", header=("a",)), ("poison.json.gz", b"\x1f\x8b no gzip")),
    ],
)
def test_no_column_of_a_poison_is_a_key_or_it_is_no_file_at_all(writing, file):
    assert poison(writing) == file


def test_the_settings_are_those_beside_the_functions_code(monkeypatch):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        known = {"names": {"No": "id"}, "format": {"type": "csv", "delimiter": ";"}}
        code.writestr("settings.json", json.dumps(known))

    class FakeLambda:
        def get_function(self, FunctionName: str) -> Any:
            variables = {"IMPORT_SETTINGS": "settings.json"}
            location = f"http://localhost:1/_ministack/{FunctionName}?x=1"
            return {"Code": {"Location": location}, "Configuration": {"Environment": {"Variables": variables}}}

    asked = []
    monkeypatch.setattr(sample_files, "read", lambda *arguments: asked.append(arguments) or archive.getvalue())
    target = Target({"imports": {"items": {"function_name": "importer"}}}, "http://127.0.0.1:1")
    monkeypatch.setattr(target, "client", lambda _: FakeLambda())
    assert writing_of(Pipeline(target, "imports", "items"), "token") == Writing({"id": "No"}, "csv", ";")
    assert asked == [("http://127.0.0.1:1", "/_ministack/importer?x=1", "token")]
