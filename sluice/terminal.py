"""Output of commands: colours and animation only on a terminal, results on stdout, everything else on stderr.

Everything that a command prints goes through this module and is shown as plain text: object keys, log lines and file
names may contain control sequences from strangers, which a terminal would obey. Styles are given beside the text, never
within it, so that there is no markup to inject either.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import click
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sluice.fitting import fitted

out = Console(highlight=False, soft_wrap=True)
"""The results of a command."""
err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and hints, because stdout may be read by machines."""

Part = str | tuple[str, str]
"""A piece of a line: text, or text and its style."""

_BEFORE_ERRORS = "Error: "
"""What click prints before errors."""
_BAR = 12
"""Columns of a bar,"""
_BESIDE = 48
"""and of the text after it, with the spaces."""
_INDENT = 4
"""Columns of indentation if the start of a text has a line of its own."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
"""Controls (C0, DEL, C1), characters that change the text's direction or begin a line, and lone surrogates."""


class Listing(click.ClickException):
    """An error of several lines; the message of any other error is printed as one line, whatever it contains."""

    def format_message(self) -> str:
        """Returns the lines, each safe for a terminal."""
        return "\n".join(map(printable, self.message.split("\n")))


def printable(text: str) -> str:
    """Returns an untrusted text in a form safe for a terminal: one line, control characters as visible escapes."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def is_terminal() -> bool:
    """Whether results go to a terminal, where somebody reads them."""
    return out.is_terminal


def room(most: int, beside: int) -> int:
    """Returns the columns, at most `most`, that are left beside others; a pipe has room for all."""
    return max(min(most, out.width - beside), 1) if out.is_terminal else most


def say(*parts: Part) -> None:
    """Prints a line of the results."""
    _print(out, _line(parts))


def say_hanging(start: Sequence[Part], *parts: Part) -> None:
    """Prints a line that breaks between words on a narrower terminal, with all of its text to the right of its start.

    A start that leaves less than half of the terminal, or too little for a word, gets a line of its own.
    """
    head, text = _line(start), _line(parts)
    indent = head.cell_len
    if out.is_terminal and indent + text.cell_len > out.width:
        longest = max((cell_len(word) for word in text.plain.split()), default=0)
        if indent > out.width // 2 or longest > out.width - indent:
            out.print(head)
            head = Text(" " * _INDENT)
    for row in fitted(text, out, head):
        out.print(row)


def note(*parts: Part) -> None:
    """Prints a line on stderr, beside the results."""
    _print(err, _line(parts))


def print_json(value: Any) -> None:
    """Prints a JSON document and nothing else, never coloured or wrapped."""
    _print_json(value, indent=2)


def print_json_line(value: Any) -> None:
    """Prints a JSON document as one line, for a sequence of documents."""
    _print_json(value)
    sys.stdout.flush()


def _print_json(value: Any, indent: int | None = None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    # The remaining unprintable characters are all in strings, except for our own line breaks.
    inert = _UNPRINTABLE.sub(lambda match: match[0] if match[0] == "\n" else json.dumps(match[0])[1:-1], text)
    print(inert, flush=True)  # noqa: T201 this is the place


def json_text(value: Any) -> str:
    """Returns a value as one line of JSON, with letters unescaped."""
    return json.dumps(value, ensure_ascii=False, default=str)


def print_table(*rows: Sequence[Part]) -> None:
    """Prints rows, the first of them the header, in columns as wide as they need: a pipe has no width to fit into.

    On a narrower terminal, the first cell of each row gets a line of its own, before the others; if these do not fit
    either, each has its column's name beside it, and a first cell that is a short number begins their line.
    """
    header = [(cell, "bold") if isinstance(cell, str) else cell for cell in rows[0]]
    cells = [[_line([cell]) for cell in row] for row in (header, *rows[1:])]
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    needed = sum(widths) + 2 * (len(widths) - 1)
    if not out.is_terminal or needed <= out.width:
        _print_columns(cells, widths)
    elif needed - widths[0] <= out.width:  # the other columns, two spaces before each
        _print_columns(cells, widths, first_apart=True)
    else:
        for first, *rest in cells[1:]:
            is_short = widths[0] <= _INDENT
            if not is_short:
                _print(out, first)
            _print_pairs(first if is_short else Text(), cells[0][1:], rest)


def _print_columns(cells: Sequence[Sequence[Text]], widths: Sequence[int], *, first_apart: bool = False) -> None:
    for row in cells:
        line = Text()
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            if first_apart and place == 0:
                out.print(cell)
                line.append("  ")
            else:
                line.append_text(cell).append(" " * (width - cell.cell_len + 2))
        line.rstrip()
        out.print(line)


def somebody_answers() -> bool:
    """Returns whether a person can answer questions."""
    return sys.stdin.isatty()


def ask(question: str) -> None:
    """Asks on stderr whether to go on.

    Raises:
        click.Abort: The answer is not yes.
    """
    click.confirm(printable(question), abort=True, err=True)


def _print_pairs(first: Text, names: Sequence[Text], cells: Sequence[Text]) -> None:
    """Prints a cell, and after it the others, each beside its column's name, as many in a line as fit."""
    line = first.copy()
    for name, cell in zip(names, cells, strict=True):
        pair = Text("  ").append(name.plain, "dim").append(" ").append_text(cell)
        if line and line.cell_len + pair.cell_len > out.width:
            _print(out, line)
            line = Text()
        line.append_text(pair)
    _print(out, line)


def print_heading(title: str) -> None:
    """Prints a line across the terminal with a title in it."""
    out.rule(_line([(title, "bold")]))


@contextmanager
def status(text: str) -> Iterator[Callable[[str], None]]:
    """Shows on a terminal what is being done; yields a function that changes the text."""
    with err.status(_line([text])) as display:
        yield lambda text: display.update(_line([text]))


class Bars:
    """A bar for each piece of work, on a terminal; elsewhere nothing moves."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # few commands need it

        name, state = (TextColumn(f"{{task.{field}}}", markup=False) for field in ("description", "fields[state]"))
        columns = (name, BarColumn(_BAR), TaskProgressColumn(), state)
        self._progress = Progress(*columns, console=err, transient=True) if err.is_terminal else None
        self._tasks: dict[Any, Any] = {}

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def __contains__(self, key: object) -> bool:
        """Whether there is a bar for this work."""
        return key in self._tasks

    def show(self, key: object, name: str, state: str, done: int, total: int | None) -> None:
        """Shows the progress of a piece of work; the first call creates its bar."""
        if self._progress:
            if key not in self._tasks:
                most = max(err.width - _BAR - _BESIDE, _BAR)
                self._tasks[key] = self._progress.add_task(_end_of(printable(name), most), state="")
            self._progress.update(self._tasks[key], completed=done, total=total, state=printable(state))


def _end_of(name: str, most: int) -> str:
    """Returns the end of a name, of at most `most` characters: names of files in one folder differ at their ends."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def error_text(error: click.ClickException) -> str:
    """Returns the message of an error in a form safe for a terminal."""
    text = error.format_message()
    lines = text.split("\n") if isinstance(error, Listing) else [printable(text)]
    lines[0] = _BEFORE_ERRORS + lines[0]
    rows = [row.plain for line in lines for row in fitted(Text(line), err)]
    return "\n".join(rows).removeprefix(_BEFORE_ERRORS)


def guard_the_rest() -> None:
    """Makes logs of libraries and tracebacks of crashes plain text too."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter())
    logging.basicConfig(handlers=[handler])
    sys.excepthook = lambda _kind, error, _trace: _note_all(trace(error))
    threading.excepthook = lambda crash: _note_all(trace(crash.exc_value) if crash.exc_value else [])


def drop_unwritten() -> None:
    """Drops output that stdout does not take; otherwise Python would retry it at the very end, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def trace(error: BaseException) -> list[str]:
    """Returns the lines of a traceback; all but the first are indented, so that none looks like a line of ours."""
    first, *rest = "".join(traceback.format_exception(error)).rstrip("\n").split("\n")
    return [printable(first), *(f"  {printable(line)}" for line in rest)]


def plural(count: int, noun: str) -> str:
    """`1 record`, `2 records`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


class _Formatter(logging.Formatter):
    """Formats a log record as a line, with its traceback as further, indented lines."""

    def format(self, record: logging.LogRecord) -> str:
        lines = trace(record.exc_info[1]) if record.exc_info and record.exc_info[1] else []
        return "\n".join([printable(record.getMessage()), *(f"  {line}" for line in lines)])


def _note_all(lines: Iterable[str]) -> None:
    for line in lines:
        note(line)


def _line(parts: Iterable[Part]) -> Text:
    line = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        line.append(printable(text), style)
    return line


def _print(console: Console, line: Text) -> None:
    for row in fitted(line, console):
        console.print(row)
