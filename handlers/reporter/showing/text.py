"""The report as plain text, for mail readers and people who prefer it."""

from handlers.reporter.report import Row, Table
from handlers.reporter.showing.fitting import Block, Room, sent_size
from handlers.reporter.showing.markup import (
    ABOUT_APPROXIMATE,
    NOTHING,
    count,
    items_note,
    judged,
    long_time,
    mailed,
    mailed_key,
    one_line,
    plural,
    short_time,
    signed,
    status,
)
from handlers.reporter.showing.view import GroupView, View
from handlers.shared.inert import inert

_LONGEST = 120
_ITEMS = 10


def render(view: View, size: int) -> str:
    """Writes a report as plain text of less than `size` bytes when sent."""
    head = (
        f"Table report, {one_line(view.environment)}\n{long_time(view.at)}\n"
        f"{count(view.total, view.approximate)} items in {plural(view.table_count, 'table')}\n"
    )
    about = f"\n{ABOUT_APPROXIMATE}\n" if view.approximate else ""
    foot = f"{about}\nThe report as a page: {view.location}\n"
    groups = Block("", [_total(group) for group in view.groups], "", "and {} more groups\n")
    tables = [_tables(group) for group in view.groups]
    items = [_items(table) for group in view.groups for table in group.tables if table.items]
    room = Room(size - 1 - sent_size(head + foot), sent_size)
    for block in (groups, *tables, *items):
        room.fill(block, len(block.rows))
    return head + "".join(map(str, (groups, *tables, *items))) + foot


def _total(view: GroupView) -> str:
    if view.change is None:
        change = "first report"
    else:
        since = short_time(view.since, view.history[-1].at)
        change = f"{signed(view.change, view.group.approximate) if view.change else 'no change'} since {since}"
    words = f"  {judged(view.group)}\n" if judged(view.group) else ""
    return f"\n{one_line(view.group.label)}: {count(view.group.total, view.group.approximate)} ({change})\n{words}"


def _tables(view: GroupView) -> Block:
    names = [inert(table.name) for table in view.tables]
    width = min(max(map(len, names), default=0), 60)
    figures = [_count(table) for table in view.tables]
    widest = max(map(len, figures), default=0)
    rows = [
        f"  {name:<{width}}  {figure:>{widest}}{_note(table)}\n"
        for name, table, figure in zip(names, view.tables, figures, strict=True)
    ]
    gone = "".join(f"  gone since the last report: {inert(name)}\n" for name in view.gone[:20])
    return Block(f"\n{one_line(view.group.label)}\n", rows or ["  No tables.\n"], gone, "  and {} more on the page\n")


def _count(table: Table[Row]) -> str:
    return NOTHING if table.unread else count(table.total, table.approximate)


def _note(table: Table[Row]) -> str:
    change = signed(table.moved, table.approximate) if table.moved else "new" if table.new else ""
    note = status(table) or change
    return f"  {note}" if note else ""


def _items(table: Table[Row]) -> Block:
    rows = table.items[:_ITEMS]
    others = len(table.items) - len(rows)
    head = f"\n{inert(table.name)}: {items_note(table)}\n"
    return Block(head, rows, "", "  and {} more on the page\n", others, render=_row)


def _row(row: Row) -> str:
    values = (mailed(row.name, _LONGEST), mailed(row.date, _LONGEST), mailed_key(row.key, _LONGEST))
    return f"  {'  |  '.join(values)}\n"
