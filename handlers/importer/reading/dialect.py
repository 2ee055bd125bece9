r"""How the cells of a CSV file are written, and the cells of rows that are written so.

A row is cells with a delimiter between them; LF, CRLF or CR ends it. A cell that begins with the quote ends with the
next one that is neither doubled nor escaped: delimiters and line ends in it are text. A quote inside any other cell
is text. Which rows are malformed, and where those end, `csv_rules` says; here rows are well-formed.

With an escape, a backslash takes the character behind it as it is, but for `\0` `\b` `\n` `\r` `\t` `\Z`, which mean
what they do to MySQL, and `\f` `\v`, which PostgreSQL writes and MySQL never. In a dialect with quotes it does so in
quoted cells alone, because neither Spark nor MySQL then escapes anything outside; without, everywhere (the tabbed files
of MySQL and PostgreSQL). A cell that is `\N` stays `\N`, for so such files say that there is no value.
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
    """The characters that have a meaning."""

    delimiter: str = ","
    quote: str = '"'
    """Empty: nothing is quoted."""
    escape: str = ""
    """Empty: nothing is escaped, and a quote within quotes is doubled."""

    @property
    def mark(self) -> str:
        """The character without which the cells of a line are what stands between its delimiters; empty if none is."""
        return self.quote or self.escape

    def mistake(self) -> str:
        """Why no file can be written so; empty if one can."""
        for name, character in zip(self._fields, self, strict=True):
            if len(character) > 1 or (name == "delimiter" and not character):
                return f"the {name} {character!r} is not one character"
            if character in ("\r", "\n", "\0", "\ufeff"):
                return f"{character!r} cannot be the {name}"
        if self.delimiter in (self.quote, self.escape) or (self.quote and self.quote == self.escape):
            return "delimiter, quote and escape must differ"
        return ""

    def row(self, text: str) -> Row:
        """The cells of the one row that a text is, with its line end or without."""
        if self.mark and self.mark in text:
            return self.rows_over_lines(text)[0][0]
        return text.rstrip("\r\n").split(self.delimiter)

    def rows(self, lines: Sequence[str]) -> list[Row] | None:
        """The cells of lines that hold the mark, without line ends; None if one of them is not a row by itself."""
        # The empty line is a row of its own unless a quote or an escape before it was left open.
        lines = [*lines, ""]
        if self._is_escaped(lines):
            rows, _ = self._escaped_rows("\n".join(lines) + "\n")
        else:
            rows = list(csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote))
        return rows[:-1] if len(rows) == len(lines) else None

    def rows_over_lines(self, text: str) -> tuple[list[Row], list[int]]:
        """The rows of a text that holds the mark, and how many lines lie before each."""
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
        """The rows of a text, and how many lines lie before each; those before a quote that is never closed."""
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
    """For a dialect with an escape: the pattern of a cell (quoted or not) and of what ends it; what gives its value."""
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
