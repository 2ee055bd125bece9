"""The rule of CSV rows, as plain as can be: one byte after the other, the whole file in memory, no regular expressions.

What the importer's reader must agree with. Written from the rule, not from that reader.
"""

from typing import NamedTuple

from handlers.importer.reading.dialect import Dialect


class Row(NamedTuple):
    """A row of a file."""

    start: int
    """Where it begins, in bytes."""
    end: int
    """Where the next begins."""
    line: int
    """The line on which it begins, from 1."""
    cells: list[bytes]
    """As they are meant; none if the row is malformed."""
    fault: str
    """Why it is malformed."""


class MalformedError(Exception):
    """A quoted cell that is malformed; its text is the reason, empty if it does not close on its line."""


def rows(data: bytes, dialect: Dialect, limit: int) -> list[Row]:
    """The rows of a file, in which a quoted cell has at most `limit` bytes, its quotes counted."""
    data = data.removesuffix(b"\x1a")
    found: list[Row] = []
    at = 0
    while at < len(data):
        found.append(row(data, at, dialect, limit))
        at = found[-1].end
    return found


def row(data: bytes, start: int, dialect: Dialect, limit: int) -> Row:
    """The row that begins here."""
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
    line = 1 + line_ends(data[:start])
    cells: list[bytes] = []
    at = start
    while True:
        opened = at
        try:
            cell, at = quoted(data, at, dialect, limit) if begins(data, at, quote) else plain(data, at, dialect)
        except MalformedError as error:
            end = line_end(data, opened)
            fault = str(error) or f"the quote opened in column {len(cells) + 1} is not closed"
            return Row(start, end, line, [], fault)
        cells.append(cell)
        if begins(data, at, delimiter):
            at += len(delimiter)
            continue
        return Row(start, line_end(data, at), line, cells, "")


def quoted(data: bytes, opened: int, dialect: Dialect, limit: int) -> tuple[bytes, int]:
    """The cell whose quote opens here, and where it ends."""
    delimiter, quote, escape = (character.encode() for character in dialect)
    text = b""
    at = opened + len(quote)
    while True:
        if at >= len(data):
            raise MalformedError
        if begins(data, at, escape) and at + len(escape) < len(data):
            meaning, at = escaped(data, at + len(escape))
            text += meaning
        elif begins(data, at, quote) and begins(data, at + len(quote), quote):
            text += quote
            at += 2 * len(quote)
        elif begins(data, at, quote):
            at += len(quote)
            break
        else:
            text += data[at : at + 1]
            at += 1
    if at - opened > limit:
        raise MalformedError
    if at < len(data) and not any(begins(data, at, follower) for follower in (delimiter, b"\r", b"\n")):
        raise MalformedError("" if line_ends(data[opened:at]) else "text behind the closing quote")
    raw = data[opened + len(quote) : at - len(quote)]
    return (raw if escape and raw == escape + b"N" else text), at


def plain(data: bytes, at: int, dialect: Dialect) -> tuple[bytes, int]:
    """The cell without quotes that begins here, and where it ends."""
    delimiter, quote, escape = (character.encode() for character in dialect)
    text, begin = b"", at
    while at < len(data) and not any(begins(data, at, follower) for follower in (delimiter, b"\r", b"\n")):
        if not quote and begins(data, at, escape) and at + len(escape) < len(data):
            meaning, at = escaped(data, at + len(escape))
            text += meaning
        else:
            text += data[at : at + 1]
            at += 1
    raw = data[begin:at]
    return (raw if escape and raw == escape + b"N" else text), at


def escaped(data: bytes, at: int) -> tuple[bytes, int]:
    """What the characters behind an escape mean, and where they end."""
    if begins(data, at, b"\r\n"):
        return b"\r\n", at + 2
    byte = data[at : at + 1]
    meanings = dict(zip([b"0", b"b", b"f", b"n", b"r", b"t", b"v", b"Z"], b"\0\b\f\n\r\t\v\x1a", strict=True))
    return bytes([meanings[byte]]) if byte in meanings else byte, at + 1


def begins(data: bytes, at: int, mark: bytes) -> bool:
    """Whether a mark stands here; one that there is none of does not."""
    return bool(mark) and data[at : at + len(mark)] == mark


def line_end(data: bytes, at: int) -> int:
    """Where the next line begins."""
    while at < len(data):
        if begins(data, at, b"\r\n"):
            return at + 2
        if data[at : at + 1] in (b"\r", b"\n"):
            return at + 1
        at += 1
    return at


def line_ends(data: bytes) -> int:
    """How many lines end in the data."""
    count = at = 0
    while at < len(data):
        at = line_end(data, at)
        count += data[at - 1 : at] in (b"\r", b"\n")
    return count
