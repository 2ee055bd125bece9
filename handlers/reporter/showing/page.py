"""The report as a page: one file without scripts or external resources, light and dark, from a phone's width up.

Its size is bounded, because a browser has to show it: rows of items that do not fit are left out, and the page says so.
"""

from collections.abc import Iterator, Sequence

from handlers.reporter.report import Row, Table
from handlers.reporter.showing import chart
from handlers.reporter.showing.fitting import Block, Room
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
    number,
    plural,
    short_time,
    shown,
    shown_key,
    signed,
    standing,
    status,
    stylesheet,
)
from handlers.reporter.showing.view import GroupView, View

_SIZE = 16_000_000  # bytes of all rows of items
_LONGEST = 200
_ROWS_OPEN = 10
_UNSEEN = ' class="unseen"'
_CUT = '<tr><td colspan="3" class="soft">The others are in the report’s JSON.</td></tr>'

_STYLE = stylesheet("page.css")


def render(view: View) -> str:
    """Draws the page of a report."""
    return "".join(pieces(view))


def pieces(view: View) -> Iterator[str]:
    """Draws the page of a report, piece by piece."""
    lists = [[_items(table) for table in group.tables if table.items] for group in view.groups]
    cut = _fill(lists)
    yield _opening(view)
    if cut:
        yield (
            '<p class="cut">This page is shortened, so that browsers can show it. '
            "The complete list is in the report’s JSON, next to this page.</p>\n"
        )
    if not view.groups:
        yield '<p class="group soft">No groups are configured.</p>'
    for group, blocks in zip(view.groups, lists, strict=True):
        yield _group(group)
        for pair in blocks:
            yield from map(str, pair)
        yield "</section>\n"
    yield f"{_footer(view)}</main></body></html>\n"


def _fill(lists: Sequence[Sequence[tuple[Block, Block]]]) -> bool:
    """Gives each list its first rows before any gets more; tells whether rows did not fit."""
    room = Room(_SIZE)
    for part in (0, 1):
        for block in (pair[part] for pairs in lists for pair in pairs):
            room.fill(block, len(block.rows))
    return room.exceeded


def _opening(view: View) -> str:
    title = f"Table report, {long_time(view.at)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{escaped(title)}</title><style>\n{_STYLE}</style></head>\n<body><main>"
        f'<header><p class="soft">Table report, {escaped(view.environment)}</p><h1>{escaped(long_time(view.at))}</h1>'
        f'<p class="soft">{count(view.total, view.approximate)} items in {plural(view.table_count, "table")}</p>'
        "</header>\n"
        f'<section class="cards" aria-label="Totals">{"".join(map(_card, view.groups))}</section>\n'
    )


def _card(view: GroupView) -> str:
    group = view.group
    return (
        f'<div class="card"><h2>{escaped(group.label)}</h2>'
        f'<p class="total">{count(group.total, group.approximate)}</p>'
        f"<p>{change_since(view, _change, _soft)}</p>{_judged(view)}{_history(view)}</div>\n"
    )


def _judged(view: GroupView) -> str:
    words = judged(view.group)
    return f'<p class="judged">{words}</p>' if words else ""


def _change(change: int, approximate: bool) -> str:
    return f'<span class="{"up" if change > 0 else "down"}">{signed(change, approximate)}</span>'


def _history(view: GroupView) -> str:
    history = view.history
    if len(history) < 2:
        return '<p class="soft small">The history begins with the next report.</p>'
    totals = [point.total for point in history]
    return (
        f'{chart.line(history)}<div class="axis soft small" aria-hidden="true">'
        f"<span>{short_time(history[0].at, history[-1].at)}</span>"
        f"<span>{number(min(totals))} to {number(max(totals))}</span><span>{history[-1].at:%H:%M}</span></div>"
    )


def _group(view: GroupView) -> str:
    group = view.group
    anchor = f"group-{escaped(group.name)}"
    return (
        f'<section class="group" aria-labelledby="{anchor}"><header><h2 id="{anchor}">{escaped(group.label)}</h2>'
        f'<p class="soft">{escaped(group.name)}, {plural(len(view.tables), "table")}</p></header>'
        f"{_tables(view)}{_gone(view.gone)}"
    )


def _tables(view: GroupView) -> str:
    if not view.tables:
        return '<p class="soft">No tables.</p>'
    return (
        '<table><thead><tr><th scope="col" class="wide">Table</th><th scope="col" class="number">Items</th>'
        '<th scope="col" class="number">Change</th></tr></thead>'
        f"<tbody>{''.join(map(_table, view.tables))}</tbody></table>"
    )


def _table(table: Table[Row]) -> str:
    why = status(table)
    tag = f' <span class="tag">{escaped(why)}</span>' if why else ""
    figure = _soft(NOTHING) if table.unread else count(table.total, table.approximate)
    change = _change(table.moved, table.approximate) if table.moved else _soft(standing(table))
    return (
        f'<tr><th scope="row">{escaped(table.name)}{tag}{"" if table.unread else _bar(table)}</th>'
        f'<td class="number">{figure}</td><td class="number">{change}</td></tr>\n'
    )


def _bar(table: Table[Row]) -> str:
    kind = ' class="about"' if table.approximate else ""
    bar = f'<i{kind} style="width:{table.share:.2%}"></i>' if table.share else ""
    return f'<div class="bar">{bar}</div>'


def _soft(content: str) -> str:
    return f'<span class="soft">{content}</span>'


def _gone(names: Sequence[str]) -> str:
    tables = ", ".join(map(escaped, names))
    return f'<p class="soft small gone">Gone since the last report: {tables}</p>' if names else ""


def _items(table: Table[Row]) -> tuple[Block, Block]:
    """Lists a table's items: the first ones, and the folded rest."""
    first, rest = table.items[:_ROWS_OPEN], table.items[_ROWS_OPEN:]
    head = f'<div class="items"><h3>{escaped(table.name)}</h3><p class="soft small">{items_note(table)}</p>'
    folded = f'<div class="items folded"><details><summary>{number(len(rest))} more</summary>'
    return (
        Block(head + _columns(), first, "</tbody></table></div>\n", _CUT, render=_row),
        Block(folded + _columns(_UNSEEN), rest, "</tbody></table></details></div>\n", _CUT, render=_row),
    )


def _columns(kind: str = "") -> str:
    return (
        f'<table><thead><tr{kind}><th scope="col" class="name">Name</th>'
        '<th scope="col" class="date">Date</th><th scope="col">Key</th></tr></thead><tbody>'
    )


def _row(row: Row) -> str:
    name, date, key = shown(row.name, _LONGEST), shown(row.date, _LONGEST), shown_key(row.key, _LONGEST)
    return f'<tr><td class="name">{_cell(name)}</td><td class="date">{_cell(date)}</td><td>{_cell(key)}</td></tr>\n'


def _cell(text: str) -> str:
    return _soft(text) if text in (NOTHING, EMPTY) else f"<bdi>{escaped(text)}</bdi>"


def _footer(view: View) -> str:
    about = f"<p>{ABOUT_APPROXIMATE}</p>" if view.approximate else ""
    return f'<footer class="soft small">{about}<p>This page: <code>{escaped(view.location)}</code></p></footer>'
