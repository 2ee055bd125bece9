"""JSON files read in the plainest way: all at once, sign by sign, sharing no code with the readers."""

import json
import re
from decimal import Decimal
from typing import Any, NamedTuple

BROKEN = 1 << 16
SPACE, BLANKS = " \t\n\r", " \t\n\r\ufeff"


class Row(NamedTuple):
    line: int
    text: str
    is_item: bool


class CutOffError(Exception):
    """The array does not end."""


def text_of(data: bytes) -> str:
    return data.removesuffix(b"\x1a").decode("utf-8", "surrogateescape")


def lines(data: bytes) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(text_of(data).split("\n"), 1):
        text = line.removesuffix("\r")
        objects = pieces(text)
        if is_json(text) or objects is None:
            rows += [Row(number, text, is_item(text))] if text.strip(" \t\r") else []
        else:
            rows += [Row(number, piece, is_item(piece)) for piece in objects]
    return rows


def pieces(text: str) -> list[str] | None:
    found, at = [], past(text, 0, BLANKS)
    while at < len(text):
        end = value_end(text, at)
        if end is None or text[at] != "{":
            return None
        found.append(text[at:end])
        at = past(text, end, BLANKS)
    return found


def objects(data: bytes) -> list[Row]:
    text = text_of(data)
    rows: list[Row] = []
    at = 0
    while (at := past(text, at, BLANKS)) < len(text):
        end = value_end(text, at) if text[at] == "{" else None
        if end is None:
            end = text.find("\n{", at) + 1 or len(text)
        rows.append(row(text, at, end))
        at = end
    return rows


def array(data: bytes) -> tuple[list[Row], bool]:
    """The rows of an array, and whether it ends properly."""
    text = text_of(data)
    rows: list[Row] = []
    at = text.index("[") + 1
    while True:
        at = past(text, at, SPACE)
        if at == len(text):
            return rows, False
        if text[at] == "]":
            return rows, not text[at + 1 :].strip(SPACE)
        end = element_end(text, at)
        if end is None:
            return rows, False
        found = row(text, at, end)
        # What is not followed by a comma is broken.
        rows.append(found if past(text, end, SPACE) == end and text[end] in ",]" else found._replace(is_item=False))
        at = end + (text[end] == ",")


def element_end(text: str, at: int) -> int | None:
    end = value_end(text, at)
    if end is not None:
        stop = past(text, end, SPACE)
        if stop == len(text):
            return None
        if text[stop] in ",]":
            return stop
    stop = bracket(text, at)
    incomplete = end is None and may_go_on(text, at)
    if stop is not None and (incomplete or stop - at <= BROKEN):
        return stop
    if incomplete:
        return None
    before = text[text.rfind("\n", 0, at) + 1 : at]
    indent = before if "\n" in text[:at] and not before.strip(" \t\r") else "[ \t]*"
    match = re.compile(rf"\n{indent}\{{").search(text, at if end is None else end)
    return match.start() if match else None


def bracket(text: str, at: int) -> int | None:
    depth, in_string, escaped = 0, False, False
    for place in range(at, len(text)):
        sign = text[place]
        if in_string:
            in_string = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            in_string = True
        elif sign in "[{":
            depth += 1
        elif depth == 0 and sign in ",]":
            return place
        elif sign in "]}":
            depth = max(depth - 1, 0)
    return None


def row(text: str, at: int, end: int) -> Row:
    piece = text[at:end]
    return Row(1 + text.count("\n", 0, at), piece.strip(SPACE), is_item(piece))


def past(text: str, at: int, signs: str) -> int:
    while at < len(text) and text[at] in signs:
        at += 1
    return at


PLAIN = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def value_end(text: str, at: int) -> int | None:
    try:
        return PLAIN.raw_decode(text, at)[1]
    except ValueError:
        return None


def may_go_on(text: str, at: int) -> bool:
    try:
        PLAIN.raw_decode(text, at)
    except json.JSONDecodeError as error:
        return error.msg.startswith("Unterminated") or error.pos >= len(text) - 9
    return False


def is_json(text: str) -> bool:
    try:
        PLAIN.decode(text)
    except ValueError:
        return False
    return True


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names) or "" in names:
        raise ValueError
    return dict(pairs)


def number(text: str) -> str:
    value = Decimal(text).normalize()
    if value and (len(value.as_tuple().digits) > 38 or not -130 <= value.adjusted() <= 125):
        raise ValueError
    return text


def refuse(_: str) -> Any:
    raise ValueError


STRICT = json.JSONDecoder(object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=refuse)


def is_item(text: str) -> bool:
    """Whether a row of a table with the string key `id` is an item; DynamoDB's own forms are not looked at."""
    try:
        value = STRICT.decode(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, ArithmeticError):
        return False
    return isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"] != ""
