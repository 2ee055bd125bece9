"""Formats values for people, and makes them safe for HTML."""

import html
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from os.path import dirname
from typing import Any

from handlers.reporter.expectations import CHANGE_WITHIN, MINIMUM, Breach
from handlers.reporter.report import GroupReport, Row, Table
from handlers.reporter.showing.view import GroupView
from handlers.shared.inert import inert

NOTHING = "–"
EMPTY = "(empty)"
_MINUS = "\N{MINUS SIGN}"
_ABOUT = "\N{ALMOST EQUAL TO}\N{NO-BREAK SPACE}"

ABOUT_APPROXIMATE = (
    "≈ marks a table that was not read completely: the run's read units or time were used up, the table is "
    "too large for the share of its provisioned units that a report may use, or it could not be read. "
    "Its count is DynamoDB's own, which can be six hours old, and its items are a sample."
)

_STATUSES = {
    "CREATING": "being created",
    "DELETING": "being deleted",
    "VANISHED": "deleted while it was read",
    "UNREADABLE": "may not be read",
    "FAILED": "could not be read",
}

# Forbidden in HTML, or refused by encoders: control characters, lone surrogates, noncharacters.
_FORBIDDEN = (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
_ESCAPES: dict[int, str] = (
    dict.fromkeys(_FORBIDDEN, "\N{REPLACEMENT CHARACTER}")
    | dict.fromkeys(map(ord, "\t\n\r"), " ")
    | {ord(character): html.escape(character) for character in "&<>\"'"}
)


def stylesheet(name: str) -> str:
    """Reads a stylesheet from this module's folder; called once, when a module is imported."""
    with open(f"{dirname(__file__)}/{name}", encoding="utf-8") as file:
        return file.read()


def escaped(text: str) -> str:
    """Makes any text safe between tags and inside a quoted attribute."""
    return text.translate(_ESCAPES)


def one_line(text: str) -> str:
    """Makes any text safe in a header or a line of plain text: unprintable characters become spaces."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def shown(value: Any, longest: int) -> str:
    """Returns a report's value as text, cut to a length: texts and numbers as they are, the rest as JSON."""
    if value is None:
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not text.strip():
        return EMPTY
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown_key(key: Mapping[str, Any], longest: int) -> str:
    """Returns a key's values as text: `u-17`, or `u-17 / 2026` for two attributes."""
    return shown(" / ".join(shown(value, longest) for value in key.values()), longest)


def mailed(value: Any, longest: int) -> str:
    """Returns a value like `shown`, but inert: nothing in it becomes a link or another text in a mail."""
    return inert(shown(value, longest)) or EMPTY


def mailed_key(key: Mapping[str, Any], longest: int) -> str:
    """Returns a key like `shown_key`, but inert."""
    return inert(shown_key(key, longest)) or EMPTY


def number(value: int) -> str:
    """Groups the digits of a number: `100,268`."""
    return f"{value:,}".replace("-", _MINUS)


def count(value: int, approximate: bool) -> str:
    """Returns a count, marked if approximate: `≈ 100,268`."""
    return f"{_ABOUT if approximate else ''}{number(value)}"


def signed(change: int, approximate: bool = False) -> str:
    """Returns a change with its sign: `+12`, `−3`, `0`."""
    return f"{_ABOUT if approximate else ''}{'+' if change > 0 else ''}{number(change)}"


def plural(value: int, noun: str) -> str:
    """Returns a number with its noun: `1 table`, `2 tables`."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def long_time(time: datetime) -> str:
    """Returns a time in full: `21 November 2026, 09:05 UTC`."""
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def short_time(time: datetime, beside: datetime) -> str:
    """Returns a time as briefly as the one beside it allows: `09:05`, or `20 Nov 09:05` on another day."""
    return f"{time:%H:%M}" if time.date() == beside.date() else f"{time.day} {time:%b %H:%M}"


def change_since(view: GroupView, change: Callable[[int, bool], str], soft: Callable[[str], str]) -> str:
    """Returns a group's change and since when; `change` and `soft` mark these up."""
    if view.change is None:
        return soft("First report")
    words = change(view.change, view.group.approximate) if view.change else "No change"
    return f"{words} {soft(f'since {short_time(view.since, view.history[-1].at)}')}"


def judged(group: GroupReport) -> str:
    """Returns a group's broken expectations, or that they are unknown; `""` if all is as expected."""
    if group.verdict is None:
        return "Not compared: a table or the last report could not be read"
    broken = group.verdict.broken
    noun = "Expectation" if len(broken) == 1 else "Expectations"
    return f"{noun} broken: {'; '.join(_breach(breach, group.total) for breach in broken)}" if broken else ""


def _breach(breach: Breach, total: int) -> str:
    if breach.expectation == CHANGE_WITHIN:
        before = breach.before or 0
        return f"a change of {signed(total - before)} from {number(before)}, more than {breach.limit}%"
    word = "fewer than the minimum" if breach.expectation == MINIMUM else "more than the maximum"
    return f"{word} of {number(breach.limit)}"


def status(table: Table[Row]) -> str:
    """Returns why a table was not read; `""` if it was."""
    return _STATUSES.get(table.status, table.status.replace("_", " ").lower()) if table.status else ""


def standing(table: Table[Row]) -> str:
    """Returns what to show for a table without a change: `new`, `0`, or `–` for unknown."""
    if table.unread or (table.change is None and not table.new):
        return NOTHING
    return "new" if table.new else "0"


def items_note(table: Table[Row]) -> str:
    """Returns which of a table's items are listed."""
    rows = len(table.items)
    if table.approximate:
        return f"Sample of {number(rows)} of {count(table.total, approximate=True)}"
    if table.items_truncated:
        return f"Newest {number(rows)} of {number(table.total)}"
    return plural(rows, "item")
