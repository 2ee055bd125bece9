r"""How the cells of a CSV file are written, and how to read them.

A row is cells separated by a delimiter; LF, CRLF or CR ends it. A cell that begins with the quote ends with the next
one that is neither doubled nor escaped: delimiters and line ends within are text. A quote inside any other cell is
text. Rows are well-formed here; `csv_rules` handles malformed ones.

The escape, a backslash, takes the next character literally, except `\0` `\b` `\n` `\r` `\t` `\Z`, which mean what they
do in MySQL, and `\f` `\v`, which PostgreSQL writes but MySQL does not. A dialect with quotes escapes only in quoted
cells, as Spark and MySQL do; one without, everywhere (the tab-separated files of MySQL and PostgreSQL). A cell `\N`
stays `\N`, because such files write a missing value this way.
"""

import csv
import functools
import io
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from handlers.importer.reading.records import RECORD_BYTES

Row = list[str]

_MEANINGS = {"0": "\0", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "Z": "\x1a"}
_LINE_END = re.compile(r"\r\n|\n|\r")

csv.field_size_limit(2 * RECORD_BYTES)  # its default of 128 KiB is less than an item's 400 KB


class Dialect(NamedTuple):
    """The special characters."""

    delimiter: str = ","
    quote: str = '"'
    """Empty: nothing is quoted."""
    escape: str = ""
    """Empty: nothing is escaped, and a quote within quotes is doubled."""

    @property
    def mark(self) -> str:
        """The character without which a line can simply be split at delimiters; empty if there is none."""
        return self.quote or self.escape

    def mistake(self) -> str:
        """Why the dialect is impossible; empty if it is not."""
        for name, character in zip(self._fields, self, strict=True):
            if len(character) > 1 or (name == "delimiter" and not character):
                return f"the {name} {character!r} is not one character"
            if character in ("\r", "\n", "\0", "\ufeff"):
                return f"{character!r} cannot be the {name}"
        if self.delimiter in (self.quote, self.escape) or (self.quote and self.quote == self.escape):
            return "delimiter, quote and escape must differ"
        return ""

    def row(self, text: str) -> Row:
        """The cells of a text that is one row, with or without its line end."""
        if self.mark and self.mark in text:
            return self.rows_over_lines(text)[0][0]
        return text.rstrip("\r\n").split(self.delimiter)

    def rows(self, lines: Sequence[str]) -> list[Row] | None:
        """The cells of lines with the mark, without line ends; None if one of them is not a whole row."""
        # The empty line is a separate row unless a quote or an escape before it is open.
        lines = [*lines, ""]
        if self._is_escaped(lines):
            rows, _ = self._escaped_rows("\n".join(lines) + "\n")
        else:
            rows = list(csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote))
        return rows[:-1] if len(rows) == len(lines) else None

    def rows_over_lines(self, text: str) -> tuple[list[Row], list[int]]:
        """The rows of a text with the mark, and the number of lines before each."""
        if self._is_escaped((text,)):
            return self._escaped_rows(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, quotechar=self.quote)
        rows: list[Row] = []
        lines = [0]
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
        return rows, lines[:-1]

    def _is_escaped(self, texts: Sequence[str]) -> bool:
        return bool(self.escape) and any(self.escape in text for text in texts)

    def _escaped_rows(self, text: str) -> tuple[list[Row], list[int]]:
        """The rows of a text up to a quote that is never closed, and the number of lines before each."""
        cell, value = _escaped(self)
        rows: list[Row] = []
        lines: list[int] = []
        row: Row = []
        at = begin = line = 0
        while (at < len(text) or row) and (match := cell.match(text, at)):
            quoted, plain, end = match.groups()
            at = match.end()
            if row or quoted is not None or plain or end == self.delimiter:
                row.append(value(quoted) if quoted is not None else plain if self.quote else value(plain))
            if end != self.delimiter:
                rows.append(row)
                lines.append(line)
                line += len(_LINE_END.findall(text, begin, at))
                row, begin = [], at
        return rows, lines


@functools.cache
def _escaped(dialect: Dialect) -> tuple[re.Pattern[str], Callable[[str], str]]:
    """For a dialect with an escape: the pattern of a cell (quoted or not) with its end; the function for its value."""
    delimiter, quote, escape = map(re.escape, dialect)
    pair = rf"{escape}(?:\r\n|.)"
    if quote:
        pair += f"|{quote}{quote}"
        cell = rf"{quote}((?:[^{quote}{escape}]|{pair})*+){quote}|(?!{quote})([^{delimiter}\r\n]*+)"
    else:
        cell = rf"(?!)()|((?:[^{delimiter}{escape}\r\n]|{pair}|{escape}\Z)*+)"
    pairs = re.compile(pair, re.DOTALL)

    def value(text: str) -> str:
        return text if text == dialect.escape + "N" else pairs.sub(meaning, text)

    def meaning(match: re.Match[str]) -> str:
        taken = match[0][1:]
        return taken if match[0][0] == dialect.quote else _MEANINGS.get(taken, taken)

    return re.compile(rf"(?:{cell})({delimiter}|\r\n|\n|\r|\Z)", re.DOTALL), value
