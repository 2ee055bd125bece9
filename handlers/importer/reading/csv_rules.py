"""Where the rows of a CSV file end, including malformed ones.

A quoted cell is malformed if its closing quote is followed by anything but a delimiter, a line end or the end of the
file, if it does not close before the end of the file, or if it is longer than `QUOTED_BYTES` with both quotes. A row
with such a cell ends with the physical line (LF, CRLF, CR) on which the first of them opens. So rows depend only on
their own text and the `QUOTED_BYTES` after the quotes in it: readers that begin and end at any row find the same rows.

Each byte is read a few times at most, however malformed the file is: the lines that are searched for a closing quote
open no quote that starts another search. That one would be among an odd number in a row, which would have closed the
first.
"""

import functools
import re

from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.records import Walk

QUOTED_BYTES = 1 << 20
_LINE_ENDS = re.compile(rb"[\r\n]")
LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r(?=[^\n]))")
"""A line with its end; a CR that ends the data may be half of a CRLF."""


class CsvRules:
    """The rows of one dialect; see `Rules`.

    A CR at the end of a buffer ends nothing yet, because an LF may follow. The quantifiers are possessive (`*+`): a row
    can be read in only one way, so matching need not backtrack and takes no memory.
    """

    def __init__(self, dialect: Dialect, encoding: str = "utf-8") -> None:
        """Prepares the patterns; the dialect has no mistake, and the encoding has its characters."""
        delimiter, quote, escape = (character.encode(encoding) for character in dialect)
        self._delimiter, self._quote, self._mark = delimiter, quote, dialect.mark.encode(encoding)
        self.lookahead = QUOTED_BYTES + len(delimiter) + len(quote)
        self.lookbehind = len(delimiter)
        taken = re.escape(escape) + rb"(?:\r\n|[^\r]|\r(?=[^\n]))"
        if quote:
            pair = re.escape(quote) * 2 + (rb"|%s[\s\S]" % re.escape(escape) if escape else b"")
            inside = _but(quote, escape) + b"*+"
            quoted = rb"%s%s(?:(?:%s)%s)*+%s" % (re.escape(quote), inside, pair, inside, re.escape(quote))
            self._quoted = re.compile(quoted)
            begins = rb"(?:(?<=%s)|(?<=[\r\n])|\A)" % re.escape(delimiter)
            whole = rb"%s%s(?=%s|[\r\n])" % (begins, quoted, re.escape(delimiter))
            literal = rb"(?!%s)%s" % (begins, re.escape(quote))
            if len(delimiter) == 1:
                edges = re.escape(delimiter) + rb"\r\n"
                whole = rb"(?<![^%s])%s(?=[%s])" % (edges, quoted, edges)
                literal = rb"(?<=[^%s])%s" % (edges, re.escape(quote))
            self._whole = re.compile(whole)
            special = rb"%s|%s" % (whole, literal)
        else:
            literal = special = taken if escape else b"(?!)"
        rest, run = (_but(self._mark, *ends) + b"*+" for ends in ((b"\r", b"\n"), ()))
        row = rb"%s(?:(?:%s)%s)*+" % (rest, special, rest)
        self._rows = re.compile(rb"(?:%s(?:\r\n|\n|\r(?=[^\n])))*+" % row)
        self._run = re.compile(rb"(?:%s(?:%s))*+(%s)" % (run, special, run))
        self._text = re.compile(rb"%s(?:(?:%s)%s)*+" % (rest, literal, rest))

    def last_end(self, buffer: bytes, start: int, stop: int) -> int:
        """See `Rules`."""
        stop = min(stop, start + QUOTED_BYTES)
        end = buffer.rfind(b"\n", start, stop) + 1 or buffer.rfind(b"\r", start, stop - 1) + 1 or start
        if end == start or not self._mark or buffer.find(self._mark, start, stop) < 0:
            return end
        # Nearly always all is well-formed up to the last line end, which is in no cell.
        match = self._run.match(buffer, start, end)
        if match and match.end() == end > match.start(1):
            return end
        match = self._rows.match(buffer, start, end)
        return match.end() if match else start

    def walk(self, buffer: bytes, at: int, *, final: bool, fault: str = "") -> Walk:
        """See `Rules`."""
        begin = at
        while not fault:
            at = _end(self._text, buffer, at)
            if buffer.startswith((b"\r", b"\n"), at):
                break
            if at == len(buffer) or not self._quote:
                # The end may be an escape, alone or with a CR that an LF may follow, or part of a quote of several
                # bytes.
                return Walk(len(buffer) if final else max(at - max(len(self._quote) - 1, 0), begin), final)
            try:
                closed = self._closed(buffer, at, final=final)
            except ValueError as error:
                fault = str(error) or self._open(buffer[begin:at])
            else:
                if not closed:
                    return Walk(at, ended=False)
                at = closed
        if match := LINE.match(buffer, at):
            return Walk(match.end(), True, fault)
        return Walk(len(buffer) - (not final and buffer.endswith(b"\r")), final, fault)

    def lines(self, data: bytes, before: bytes = b"") -> int:
        """See `Rules`."""
        count = data.count(b"\n")
        if b"\r" in data:
            count += data.count(b"\r") - data.count(b"\r\n")
        return count - (before.endswith(b"\r") and data.startswith(b"\n"))

    def _closed(self, buffer: bytes, at: int, *, final: bool) -> int:
        """Where the quoted cell at `at` ends; 0 if more bytes are needed.

        Raises:
            ValueError: it is malformed; its text is the reason, empty if it does not close on its line.
        """
        stop = at + QUOTED_BYTES
        match = self._quoted.match(buffer, at, stop)
        end = match.end() if match else 0
        if end and not buffer.startswith(self._quote, end):  # else a pair of quotes crosses the limit
            if buffer.startswith((self._delimiter, b"\r", b"\n"), end) or (final and end == len(buffer)):
                return end
            behind = buffer[end : end + 4]
            if not final and (self._delimiter.startswith(behind) or self._quote.startswith(behind)):
                return 0
            raise ValueError("" if _LINE_ENDS.search(buffer, at, end) else "text behind the closing quote")
        if final or len(buffer) >= stop + len(self._quote):
            raise ValueError("")
        return 0

    def _open(self, before: bytes) -> str:
        """The reason for a quote that is not closed on its line; `before` are the row's bytes before it."""
        column = self._whole.sub(b"", before).count(self._delimiter) + 1
        return f"the quote opened in column {column} is not closed"


def _but(*marks: bytes) -> bytes:
    """The pattern of a byte at which none of the marks begins; empty marks are ignored."""
    marks = tuple(filter(None, marks))
    if all(len(mark) == 1 for mark in marks):
        return b"[^%s]" % b"".join(map(re.escape, marks)) if marks else rb"[\s\S]"
    return rb"(?:(?!%s)[\s\S])" % b"|".join(map(re.escape, marks))


def _end(pattern: re.Pattern[bytes], buffer: bytes, start: int) -> int:
    match = pattern.match(buffer, start)
    return match.end() if match else start


csv_rules = functools.cache(CsvRules)
