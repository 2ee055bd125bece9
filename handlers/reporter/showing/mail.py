"""The report as a mail: HTML with tables and inline styles, which mail readers keep, and plain text.

A `<style>` element from mail.css has the dark colours and the layout for phones; readers that drop it show the light
colours. The history is columns of a table, because readers strip SVG. Rows that do not fit are left out, and the mail
says so. Names of items and tables are made inert: they are from other people, and the mail is from the team.
"""

from collections.abc import Sequence
from typing import NamedTuple

from handlers.reporter.report import Row, Table
from handlers.reporter.showing import chart, text
from handlers.reporter.showing.fitting import Block, Room, sent_size
from handlers.reporter.showing.markup import (
    ABOUT_APPROXIMATE,
    EMPTY,
    NOTHING,
    change_since,
    count,
    escaped,
    items_note,
    judged,
    long_time,
    mailed,
    mailed_key,
    number,
    one_line,
    plural,
    short_time,
    shown,
    signed,
    standing,
    status,
    stylesheet,
)
from handlers.reporter.showing.view import GroupView, Point, View
from handlers.shared.inert import inert

SIZE = 100_000
"""A mail's HTML takes fewer bytes than this when sent, as does its text: Gmail clips at 102 KB."""

_LONGEST = 120
_COLUMNS = 36
_COLUMN_HEIGHT = 36
_GONE = 20
_ITEMS = (1, 3, 10)  # rows per table: every table gets so many before any gets more

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_INK, _SOFT, _RULE, _TRACK, _BAR = "#16191d", "#58616d", "#e2e6ea", "#edf0f4", "#3867d6"
_GROUND = "#f6f7f9"
_UP, _DOWN, _NOTE, _NOTE_GROUND = "#11663b", "#a8321f", "#7a4a00", "#fdf3e1"

_TIGHT = 'cellpadding="0" cellspacing="0"'
_PLAIN = "font-weight:400;padding:4px 0"
_HEADINGS = f"color:{_SOFT};font-size:13px;white-space:nowrap"  # cells break words, headings must not
_CELL = f"padding:8px 0;border-top:1px solid {_RULE}"
_FIGURE = f"padding:8px 0 8px 18px;border-top:1px solid {_RULE}"
_ITEM_CELL = f"padding:5px 12px 5px 0;border-top:1px solid {_RULE}"

_NAME = ' class="name"'
_LIST = f"{_FONT};font-size:13px;line-height:18px;word-break:break-word"
_THIN = "font-size:1px;mso-line-height-rule:exactly"
_TAG = f"padding:1px 7px;border-radius:8px;background:{_NOTE_GROUND};color:{_NOTE};font-size:12px"

_STYLE = stylesheet("mail.css")


class Mail(NamedTuple):
    """A mail's content."""

    subject: str
    html: str
    text: str


def render(view: View) -> Mail:
    """Writes the mail of a report."""
    return Mail(subject=_subject(view), html=_html(view), text=text.render(view, SIZE))


def _subject(view: View) -> str:
    totals = ", ".join(
        f"{shown(group.group.label, 40)} {count(group.group.total, group.group.approximate)}{_subject_change(group)}"
        for group in view.groups[:6]
    )
    title = f"Table report, {view.environment}, {view.at:%H:%M} UTC: {totals or 'no groups'}"
    return one_line(shown(f"{_subject_broken(view)}{title}", 200))


def _subject_broken(view: View) -> str:
    broken = [shown(group.group.label, 40) for group in view.groups if group.group.broken]
    more = f" and {len(broken) - 2} more" if len(broken) > 2 else ""
    return f"Not as expected: {', '.join(broken[:2])}{more}. " if broken else ""


def _subject_change(view: GroupView) -> str:
    return f" ({signed(view.change)})" if view.change else ""


def _html(view: View) -> str:
    opening, closing, cut = _opening(view), _closing(view), _cut(view)
    totals = Block("", [_total(group) for group in view.groups], "", _soft("and {} more groups on the page"))
    groups = [(_tables(group), [_items(table) for table in group.tables if table.items]) for group in view.groups]
    room = Room(SIZE - 1 - sent_size(opening + cut + closing), sent_size)
    for block in (totals, *(tables for tables, _ in groups)):
        room.fill(block, len(block.rows))
    for rows in _ITEMS:
        for block in (block for _, items in groups for block in items):
            room.fill(block, rows)
    body = "".join(str(tables) + "".join(map(str, items)) for tables, items in groups)
    return f"{opening}{totals}{body}{cut if room.exceeded else ''}{closing}"


def _opening(view: View) -> str:
    title = escaped(long_time(view.at))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>Table report, {title}</title><style>{_STYLE}</style></head>\n"
        f'<body class="ground" style="margin:0;padding:0;background:{_GROUND}">'
        f'<table role="presentation" class="ground" width="100%" {_TIGHT} style="background:{_GROUND}"><tr>'
        f'<td align="center" style="padding:16px 8px"><table role="presentation" class="card ink" width="640" {_TIGHT} '
        f'style="width:100%;max-width:640px;background:#ffffff;color:{_INK};border-radius:10px;text-align:left">'
        f'<tr><td class="frame" style="padding:28px 32px;{_FONT};font-size:14px;line-height:20px">\n'
        f'<div class="soft" style="color:{_SOFT}">Table report, {escaped(shown(view.environment, _LONGEST))}</div>'
        f'<h1 style="margin:2px 0;font-size:22px;line-height:28px;font-weight:600">{title}</h1>'
        f'<div class="soft" style="color:{_SOFT}">{count(view.total, view.approximate)} items in '
        f"{plural(view.table_count, 'table')}</div>\n"
    )


def _closing(view: View) -> str:
    about = f'<p style="margin:0 0 8px">{ABOUT_APPROXIMATE}</p>' if view.approximate else ""
    return (
        f'<div class="soft rule" style="margin-top:32px;padding-top:14px;border-top:1px solid {_RULE};color:{_SOFT};'
        f'font-size:13px">{about}The report as a page: {_location(view)}</div>'
        "</td></tr></table></td></tr></table></body></html>\n"
    )


def _cut(view: View) -> str:
    return (
        f'<div class="note" style="margin-top:24px;padding:10px 14px;border-radius:6px;background:{_NOTE_GROUND};'
        f'color:{_NOTE}">This mail is shortened, so that mail readers show all of it. '
        f"The complete report: {_location(view)}</div>\n"
    )


def _location(view: View) -> str:
    return f'<span style="word-break:break-all">{escaped(view.location)}</span>'


def _total(view: GroupView) -> str:
    group = view.group
    return (
        f'<div class="rule" style="margin-top:20px;padding-top:18px;border-top:1px solid {_RULE}">'
        f'<div style="font-size:16px;line-height:22px;font-weight:600">{escaped(shown(group.label, _LONGEST))}</div>'
        f'<div style="font-size:30px;line-height:38px;font-weight:600">{count(group.total, group.approximate)}</div>'
        f"<div>{change_since(view, _change, _soft)}</div>{_judged(view)}{_history(view.history)}</div>\n"
    )


def _judged(view: GroupView) -> str:
    words = judged(view.group)
    style = f"margin-top:8px;padding:4px 10px;border-radius:6px;background:{_NOTE_GROUND};color:{_NOTE}"
    return f'<div class="note" style="{style}">{words}</div>' if words else ""


def _change(change: int, approximate: bool) -> str:
    kind, colour = ("up", _UP) if change > 0 else ("down", _DOWN)
    return f'<span class="{kind}" style="color:{colour}">{signed(change, approximate)}</span>'


def _soft(content: str) -> str:
    return f'<span class="soft" style="color:{_SOFT}">{content}</span>'


def _history(history: Sequence[Point]) -> str:
    recent = history[-_COLUMNS:]
    if len(recent) < 2:
        return ""
    bars = "".join(map(_column, chart.columns(recent, _COLUMN_HEIGHT)))
    totals = [point.total for point in recent]
    return (
        f'<table role="img" aria-label="{escaped(chart.described(recent))}" width="100%" height="{_COLUMN_HEIGHT}" '
        f'{_TIGHT} style="table-layout:fixed;margin-top:10px"><tr>{bars}</tr></table>'
        f'<div class="soft" style="color:{_SOFT};font-size:12px">{len(recent)} reports since '
        f"{short_time(recent[0].at, recent[-1].at)}, between {number(min(totals))} and {number(max(totals))}</div>"
    )


def _column(height: int) -> str:
    return (
        '<td valign="bottom" style="padding:0 1px 0 0">'
        f'<div class="bar" style="background:{_BAR};{_THIN};line-height:{height}px">&nbsp;</div></td>'
    )


def _tables(view: GroupView) -> Block:
    heading = (
        '<h2 style="margin:32px 0 6px;font-size:17px;line-height:24px;font-weight:600">'
        f"{escaped(shown(view.group.label, _LONGEST))}</h2>"
        f'<table class="counts" width="100%" {_TIGHT} style="{_FONT};font-size:14px;word-break:break-word">'
    )
    if not view.tables:
        return Block(heading, [f"<tr><td>{_soft('No tables.')}</td></tr>"], f"</table>{_gone(view)}\n", "")
    columns = (
        f'<tr class="soft" style="{_HEADINGS}"><th align="left" width="100%" style="{_PLAIN}">Table</th>'
        f'<th align="right" style="{_PLAIN}">Items</th><th align="right" style="{_PLAIN}">Change</th></tr>\n'
    )
    rows = [_table(table) for table in view.tables]
    return Block(heading + columns, rows, f"</table>{_gone(view)}\n", _left_out("table"))


def _gone(view: GroupView) -> str:
    names = view.gone[:_GONE] + (["…"] if len(view.gone) > _GONE else [])
    tables = escaped(", ".join(map(inert, names)))
    return f'<div style="padding-top:8px">{_soft(f"Gone since the last report: {tables}")}</div>' if names else ""


def _table(table: Table[Row]) -> str:
    why = status(table)
    tag = f' <span class="note" style="{_TAG}">{escaped(why)}</span>' if why else ""
    figure = _soft(NOTHING) if table.unread else count(table.total, table.approximate)
    change = _change(table.moved, table.approximate) if table.moved else _soft(standing(table))
    return (
        f'<tr valign="top"><td style="{_CELL}">{escaped(inert(table.name))}{tag}'
        f"{'' if table.unread else _bar(table.share)}</td>"
        f'<td align="right" nowrap style="{_FIGURE}">{figure}</td>'
        f'<td align="right" nowrap style="{_FIGURE}">{change}</td></tr>\n'
    )


def _bar(share: float) -> str:
    percent = max(round(share * 100), 1) if share else 0
    full = f'<td class="bar" width="{percent}%" bgcolor="{_BAR}">&nbsp;</td>'
    rest = f'<td class="track" bgcolor="{_TRACK}">&nbsp;</td>'
    return (
        f'<table role="presentation" width="100%" {_TIGHT} style="margin-top:4px;{_THIN};line-height:5px">'
        f"<tr>{full if percent else ''}{rest if percent < 100 else ''}</tr></table>"
    )


def _items(table: Table[Row]) -> Block:
    head = (
        f'<div style="margin:22px 0 2px;font-weight:600;word-break:break-word">{escaped(inert(table.name))}</div>'
        f'<div class="soft" style="color:{_SOFT};font-size:13px">{items_note(table)}</div>'
        f'<table class="items" width="100%" {_TIGHT} style="table-layout:fixed;{_LIST}">'
        f'<tr class="soft" align="left" style="{_HEADINGS}"><th width="44%">Name</th><th width="26%">Date</th>'
        "<th>Key</th></tr>\n"
    )
    rows = table.items[: _ITEMS[-1]]
    return Block(head, rows, "</table>\n", _left_out("item"), others=len(table.items) - len(rows), render=_row)


def _row(row: Row) -> str:
    name, date, key = mailed(row.name, _LONGEST), mailed(row.date, _LONGEST), mailed_key(row.key, _LONGEST)
    return f'<tr valign="top">{_cell(name, _NAME)}{_cell(date)}{_cell(key)}</tr>\n'


def _cell(content: str, kind: str = "") -> str:
    inner = _soft(content) if content in (NOTHING, EMPTY) else f"<bdi>{escaped(content)}</bdi>"
    return f'<td{kind} style="{_ITEM_CELL}">{inner}</td>'


def _left_out(noun: str) -> str:
    return f'<tr><td colspan="3" style="padding:6px 0">{_soft(f"and {{}} more {noun}s on the page")}</td></tr>'
