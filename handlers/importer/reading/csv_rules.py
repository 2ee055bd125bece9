"""Where the rows of a CSV file end, malformed ones too.

A cell that begins with the quote is malformed if anything but a delimiter, a line end or the end of the file follows
on its closing quote, or if it does not close before the end of the file, or is longer than `QUOTED_BYTES`, both
quotes counted. A row with such a cell goes to the end of the physical line (LF, CRLF, CR) on which the first of them
opens, and the next row begins behind it. So the text from the beginning of a row to its end, and what lies within
`QUOTED_BYTES` behind the quotes in it, decide alone; who begins at any row, and ends behind any, finds the same rows.

Each byte is looked at a few times at most, however malformed a file is: where what closes a quote is searched over
lines, none of these opens a quote for which the search would begin anew. Such a quote is one of an odd number
together, and those would have closed the first.
"""

import functools
import re

from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.records import Walk

QUOTED_BYTES = 1 << 20
_LINE_ENDS = re.compile(rb"[\r\n]")
_LINE_END = re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r(?=[^\n]))")


class CsvRules:
    """The rows of one dialect; see `Rules`.

    A CR at the very end of a buffer ends nothing yet, because an LF may follow. The quantifiers are possessive (`*+`):
    a row can be read in one way only, so there is nothing to go back to, and matching takes no memory.
    """

    def __init__(self, dialect: Dialect, encoding: str = "utf-8") -> None:
        """Prepares the patterns; the dialect has no mistake, and the encoding its characters."""
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
        # Up to the last line end nearly always all is well-formed, and that line end in no cell.
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
                # Behind an escape at the end there is nothing, or a CR, on which an LF may follow; there may be a part
                # of a quote of several bytes.
                return Walk(len(buffer) if final else max(at - max(len(self._quote) - 1, 0), begin), final)
            try:
                closed = self._closed(buffer, at, final=final)
            except ValueError as error:
                fault = str(error) or self._open(buffer[begin:at])
            else:
                if not closed:
                    return Walk(at, ended=False)
                at = closed
        if match := _LINE_END.match(buffer, at):
            return Walk(match.end(), True, fault)
        return Walk(len(buffer) - (not final and buffer.endswith(b"\r")), final, fault)

    def lines(self, data: bytes, before: bytes = b"") -> int:
        """See `Rules`."""
        count = data.count(b"\n")
        if b"\r" in data:
            count += data.count(b"\r") - data.count(b"\r\n")
        return count - (before.endswith(b"\r") and data.startswith(b"\n"))

    def _closed(self, buffer: bytes, at: int, *, final: bool) -> int:
        """Where the quoted cell ends that begins here; 0 if more has to be seen to tell.

        Raises:
            ValueError: it is malformed; its text is the reason, empty if it does not close on its line.
        """
        stop = at + QUOTED_BYTES
        match = self._quoted.match(buffer, at, stop)
        end = match.end() if match else 0
        if end and not buffer.startswith(self._quote, end):  # which would be a pair that crosses the limit
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
        """The reason where a quote is not closed on its line; `before` are the bytes of the row before it."""
        column = self._whole.sub(b"", before).count(self._delimiter) + 1
        return f"the quote opened in column {column} is not closed"


def _but(*marks: bytes) -> bytes:
    """The pattern of a byte with which none of the marks begins; an empty mark is none."""
    marks = tuple(filter(None, marks))
    if all(len(mark) == 1 for mark in marks):
        return b"[^%s]" % b"".join(map(re.escape, marks)) if marks else rb"[\s\S]"
    return rb"(?:(?!%s)[\s\S])" % b"|".join(map(re.escape, marks))


def _end(pattern: re.Pattern[bytes], buffer: bytes, start: int) -> int:
    match = pattern.match(buffer, start)
    return match.end() if match else start


csv_rules = functools.cache(CsvRules)
