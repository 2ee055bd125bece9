"""Judges groups when they are counted, and says from the verdicts whether a report is mailed.

A verdict is part of the record, so that every run for one time has the same.
"""

from collections.abc import Sequence

from handlers.reporter import environment
from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Expectation, Verdict, breaches
from handlers.reporter.report import FAILED, Past, Report, Table, counts_of


class UndecidedError(Exception):
    """Whether a report is to be mailed is not known; a repeated run counts anew, and decides."""


def judge(expect: Expectation | None, tables: Sequence[Table[Item]], history: Sequence[Past] | None) -> Verdict | None:
    """Returns the verdict on a group; None where it cannot be told, since a table or the last report was not read.

    Args:
        expect: what is expected of the group.
        tables: its tables, as they were counted.
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
    """Says whether a report is mailed.

    Args:
        when: `always`, `changes`, `breaches` or `never`.
        report: the report.

    Raises:
        UndecidedError: it depends on what could not be told.
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
    # The last row lacks tables, which may have been there: of those its total tells.
    known = counts.keys() & last.tables.keys()
    return sum(counts.values()) != last.total or any(counts[name] != last.tables[name] for name in known)
