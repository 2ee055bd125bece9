"""Sample files for an import, written to fit its settings: its table's keys, its column names, its format."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sluice.cloud.emulator.own_paths import read
from sluice.pipelines import Pipeline
from sluice.samples import EXAMPLES, Item, Keys, fitted, key

_DELIMITED = {"csv": ",", "tsv": "\t"}


class Writing(NamedTuple):
    """How to write the files of an import."""

    columns: Mapping[str, str] = {}
    """Attribute of an item -> its column, if that has another name."""
    kind: str = "auto"
    delimiter: str = ""
    header: Sequence[str] = ()
    """The columns of files that have no header row."""
    encoding: str = "utf-8"


_ANY = Writing()
"""For settings that leave it to the file names."""


def writing_of(pipeline: Pipeline, token: str) -> Writing:
    """Returns how to write files by the settings of an import, which its function has beside its code.

    Args:
        pipeline: An import in the embedded cloud.
        token: The token for the emulator's own paths.
    """
    function = pipeline.client("lambda").get_function(FunctionName=pipeline["function_name"])
    place = urlsplit(function["Code"]["Location"])
    archive = read(pipeline.target.endpoint or "", f"{place.path}?{place.query}", token)
    name = function["Configuration"]["Environment"]["Variables"]["IMPORT_SETTINGS"]
    with zipfile.ZipFile(io.BytesIO(archive)) as code:
        settings: dict[str, Any] = json.loads(code.read(name))
    columns = {attribute: column for column, attribute in settings["names"].items()}
    known = settings["format"]
    return Writing(
        columns,
        known.get("type", "auto"),
        known.get("delimiter", ""),
        known.get("header", ()),
        known.get("encoding", "utf-8"),
    )


def people(keys: Keys, users: Sequence[Item], writing: Writing = _ANY) -> tuple[str, bytes]:
    """Returns users as a file that imports without rejects: its name and its content."""
    items = [_plain(fitted(user, keys, number)) for number, user in enumerate(users, 1)]
    if writing.kind in _DELIMITED:
        names = [*keys, *(name for name in ("name", "email", "city") if name not in keys)]
        return f"people.{writing.kind}", _delimited(
            names, ([one.get(name, "") for name in names] for one in items), writing
        )
    return _json_file("people", items, writing)


def orders(keys: Keys, writing: Writing = _ANY) -> tuple[str, bytes]:
    """Returns `examples/orders.csv`, in which mistakes are planted, with a column for each key of a table."""
    header, *rows = csv.reader(io.StringIO((EXAMPLES / "orders.csv").read_text("utf-8")))
    names, made = [*keys, *header[1:]], list[list[str]]()
    for number, (own, *rest) in enumerate(rows, 1):
        values = [key(kind, str(number) if place else own, number) for place, kind in enumerate(keys.values())]
        plain = [value.decode() if isinstance(value, bytes) else str(value) for value in values]
        made.append([*(plain if own else ["", *plain[1:]]), *rest])
    if writing.kind in ("auto", *_DELIMITED):
        kind = "csv" if writing.kind == "auto" else writing.kind
        return f"orders.{kind}", _delimited(names, made, writing)
    return _json_file("orders", [dict(zip(names, row, strict=False)) for row in made], writing)


def poison(writing: Writing = _ANY) -> tuple[str, bytes]:
    """Returns a file that cannot be imported: no column of it is a table's key, or it is cut off."""
    if writing.kind in ("auto", *_DELIMITED) and not writing.header:
        kind = "csv" if writing.kind == "auto" else writing.kind
        return f"poison.{kind}", _delimited(
            ["colour", "size"], [["red", "1"], ["blue", "2"]], Writing(delimiter=writing.delimiter, kind=kind)
        )
    return "poison.json.gz", b"\x1f\x8b no gzip"


def _delimited(names: Sequence[str], rows: Iterable[Sequence[Any]], writing: Writing) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n", delimiter=writing.delimiter or _DELIMITED.get(writing.kind, ","))
    if not writing.header:
        writer.writerow([writing.columns.get(name, name) for name in names])
        writer.writerows(rows)
    else:
        places = {writing.columns.get(name, name): place for place, name in enumerate(names)}
        for row in rows:
            cells = [row[places[name]] if places.get(name, len(row)) < len(row) else "" for name in writing.header]
            writer.writerow(cells)
    return file.getvalue().encode(writing.encoding, errors="replace")


def _json_file(name: str, items: Sequence[Item], writing: Writing) -> tuple[str, bytes]:
    renamed = [{writing.columns.get(attribute, attribute): value for attribute, value in one.items()} for one in items]
    if writing.kind == "json":
        return f"{name}.json", json.dumps(renamed, ensure_ascii=False, default=str).encode()
    if writing.kind == "dynamodb":
        renamed = [{"Item": {attribute: {"S": str(value)} for attribute, value in one.items()}} for one in renamed]
    lines = (json.dumps(one, ensure_ascii=False, default=str) + "\n" for one in renamed)
    return f"{name}.jsonl" if writing.kind != "dynamodb" else f"{name}.json", "".join(lines).encode()


def _plain(item: Item) -> Item:
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in item.items()}
