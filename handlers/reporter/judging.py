"""Judges groups when they are counted, and decides by the verdicts whether a report is mailed.

A verdict is part of the record, so that every run for the same time has the same verdict.
"""

from collections.abc import Sequence

from handlers.reporter import environment
from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Expectation, Verdict, breaches
from handlers.reporter.report import FAILED, Past, Report, Table, counts_of


class UndecidedError(Exception):
    """It is unknown whether to mail a report; a repeated run counts again and decides."""


def judge(expect: Expectation | None, tables: Sequence[Table[Item]], history: Sequence[Past] | None) -> Verdict | None:
    """Returns the verdict on a group; None if unknown, because a table or the last report could not be read.

    Args:
        expect: the group's expectations.
        tables: its tables, as counted.
        history: its rows before the report, oldest first; None if they could not be read.
    """
    if history is None or any(table.status == FAILED for table in tables):
        return None
    last = history[-1] if history else None
    total = sum(table.total for table in tables)
    return Verdict(
        broken=breaches(expect, total, last.total if last else None) if expect else (),
        changed=last is None or _differs(counts_of(tables), last),
    )


def is_mailed(when: str, report: Report) -> bool:
    """Tells whether to mail a report.

    Args:
        when: `always`, `changes`, `breaches` or `never`.
        report: the report.

    Raises:
        UndecidedError: it depends on an unknown verdict.
    """
    if when in (environment.ALWAYS, environment.NEVER):
        return when == environment.ALWAYS
    verdicts = [group.verdict for group in report.groups]
    told = [verdict for verdict in verdicts if verdict]
    if any(verdict.changed if when == environment.CHANGES else verdict.broken for verdict in told):
        return True
    if len(told) < len(verdicts):
        raise UndecidedError(f"mails are for {when} only, and these could not be determined")
    return False


def _differs(counts: dict[str, int], last: Past) -> bool:
    if not last.truncated:
        return counts != last.tables
    # Tables that the last row lacks may have existed; its total includes them.
    known = counts.keys() & last.tables.keys()
    return sum(counts.values()) != last.total or any(counts[name] != last.tables[name] for name in known)
