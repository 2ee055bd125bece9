"""Random files in all formats, with bad rows, and what has to come of each row."""

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from random import Random
from typing import NamedTuple

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Values = tuple[str, str]
"""Text and price of an item."""
_Row = tuple[bytes, tuple[str, Values] | None]
"""What stands in the file, and the item that comes of it: none if it is rejected."""

_WORDS = ("plain", 'a "quoted" word', "two\nlines", "a, b", "tab\there", "żółć", "emoji 🧭", "back\\slash", "=1+1", "'")
_PACKED: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd.compress}


class File(NamedTuple):
    """A file, and what has to come of it."""

    name: str
    body: bytes
    status: str
    items: dict[str, Values] = {}  # noqa: RUF012 nobody changes it
    rejected: tuple[int, ...] = ()
    """The line of each row that is to be rejected."""


def random_file(random: Random, name: str, key: str, rows: int, width: int = 1) -> File:
    """A file of rows, of which one in twelve is bad.

    Args:
        random: decides.
        name: what its name, and the key of each item, begins with.
        key: the key of the table.
        rows: how many.
        width: how many words a text has.
    """
    kind = random.choice(("csv", "tsv", "jsonl", "ndjson", "json", "dynamodb"))
    make = {"csv": _delimited(","), "tsv": _delimited("\t"), "json": _array, "dynamodb": _exported}.get(kind, _lines)
    begin, between, end, row = make(key)
    body, line, items, rejected = bytearray(begin), 1 + begin.count(b"\n"), dict[str, Values](), list[int]()
    for number in range(rows):
        text = " ".join(random.choices(_WORDS, k=width))
        price = str(Decimal(random.randrange(1, 10**6)).scaleb(-random.randrange(3)))
        written, item = row(random, f"{name}-{number}", (text, price))
        if number:
            body += between
            line += between.count(b"\n")
        if item:
            items[item[0]] = item[1]
        else:
            rejected.append(line)
        body += written
        line += written.count(b"\n")
    suffix = random.choice(list(_PACKED))
    ending = "json" if kind == "dynamodb" else kind
    status = "PARTIAL" if rejected else "SUCCEEDED"
    return File(f"{name}.{ending}{suffix}", _PACKED[suffix](bytes(body + end)), status, items, tuple(rejected))


def poison(name: str) -> File:
    """A file that cannot be imported."""
    return File(f"{name}.csv", b"colour,size\nred,1\n", "FAILED")


def companion(name: str) -> File:
    """A file that is no data, by its name."""
    return File(f"{name}/_SUCCESS", b"", "IGNORED")


_Maker = tuple[bytes, bytes, bytes, Callable[[Random, str, Values], _Row]]
"""What a file begins with, what stands between its rows and behind them, and what writes a row."""


def _delimited(delimiter: str) -> Callable[[str], _Maker]:
    def joined(*cells: str) -> bytes:
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerow(cells)
        return file.getvalue().removesuffix("\n").encode()

    def row(random: Random, key: str, values: Values) -> _Row:
        text, price = values
        bad = (
            joined("", text, price),
            joined(key, text, "dear"),
            joined(key, text, price, "more"),
            delimiter.join((key, '"open" text', price)).encode(),
            delimiter.join((key, "\udcff", price)).encode(errors="surrogateescape"),
        )
        return (random.choice(bad), None) if _is_bad(random) else (joined(key, text, price), (key, values))

    return lambda key: (joined(key, "text", "price") + b"\n", b"\n", b"\n", row)


def _lines(key: str) -> _Maker:
    return b"", b"\n", b"\n", _objects(key, broken=True)


def _array(key: str) -> _Maker:
    return b"[\n", b",\n", b"\n]\n", _objects(key, broken=False)


def _objects(key: str, *, broken: bool) -> Callable[[Random, str, Values], _Row]:
    def row(random: Random, own: str, values: Values) -> _Row:
        text, price = values
        members = f'"text": {json.dumps(text, ensure_ascii=random.random() < 0.5)}, "price": {price}'
        bad = [f"{{{members}}}", f'{{"{key}": "{own}", "{key}": "{own}", {members}}}', f'{{"{key}": [1], {members}}}']
        bad += [f'{{"{key}": "{own}", {members}', f'["{own}"]'] if broken else []
        if _is_bad(random):
            return random.choice(bad).encode(), None
        return f'{{"{key}": "{own}", {members}}}'.encode(), (own, values)

    return row


def _exported(key: str) -> _Maker:
    def row(random: Random, own: str, values: Values) -> _Row:
        text, price = values
        item = {key: {"S": own}, "text": {"S": text}, "price": {"N": price}}
        bad: tuple[dict[str, dict[str, str]], ...] = (
            {name: value for name, value in item.items() if name != key},
            {**item, "price": {"N": "dear"}},
        )
        made = random.choice(bad) if (is_bad := _is_bad(random)) else item
        return json.dumps({"Item": made}, ensure_ascii=False).encode(), None if is_bad else (own, values)

    return b"", b"\n", b"\n", row


def _is_bad(random: Random) -> bool:
    return random.random() < 1 / 12


def held(items: Iterable[dict[str, dict[str, str]]]) -> Iterator[tuple[str, str, Decimal]]:
    """Key, text and price of the items of a table that files were imported into."""
    for item in items:
        (key,) = item.keys() - {"text", "price"}
        yield item[key]["S"], item["text"]["S"], Decimal(item["price"]["N"])
