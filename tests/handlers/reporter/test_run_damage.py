"""What somebody damaged by hand is named, and passed over or made anew; no run fails for ever because of it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import AT, RA
from tests.handlers.reporter.test_run import RECORD, TO, counts, tables

__all__ = ["tables"]  # a fixture


@pytest.mark.parametrize(
    "body",
    [
        b'{"broken"',
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"generated_at": "2026-11-21T09:05:00Z", "environment": "dev"}',
        b'{"generated_at": "2026-11-21T09:05:00Z", "environment": "dev", "groups": []}',
        b'{"generated_at": "2026-11-21T09:05:00Z", "environment": "dev", "groups": {"RA": null}}',
        b'{"generated_at": "2026-11-21T09:05:00Z", "environment": "dev", "groups": {"RA": '
        b'{"label": "a", "total": "many", "tables": []}}}',
        b'{"generated_at": "2026-11-21T09:05:00Z", "environment": "dev", "groups": {"RA": {"label": "a", "total": 1, '
        b'"tables": [{"name": "RA_lenses", "count": 1, "approximate": 0, "items": [], "items_truncated": false}]}}}',
        b'{"generated_at": "last Tuesday", "environment": "dev", "groups": {}}',
        b'{"generated_at": "2026-11-21T09:05:00", "environment": "dev", "groups": {}}',
        b'{"generated_at": "2026-11-20T09:05:00Z", "environment": "dev", "groups": {}}',  # of another run
    ],
)
def test_a_record_that_somebody_damaged_is_named_and_made_anew(tables: Aws, body: bytes) -> None:
    tables.objects.put_object(Bucket="reports", Key=f"{RECORD}.json", Body=body)
    run = tables.run()
    run.execute()
    assert counts(tables) == {"RA_empty": 0, "RA_lenses": 1, "VR_headsets": 5}
    assert tables.ses.to == TO
    [note] = run.summary.notes
    assert note.startswith(f"{RECORD}.json is damaged (")
    again = tables.run(owner="run-2")
    again.execute()
    assert (again.summary.units, again.summary.notes, tables.ses.to) == (0.0, [], TO)


@pytest.mark.parametrize(
    "damage",
    [
        {"total": {"S": "many"}},
        {"total": {"N": "1.5"}},
        {"total": None},
        {"tables": None},
        {"tables": {"S": "RA_lenses"}},
        {"tables": {"M": {"RA_lenses": {"S": "one"}}}},
        {"generated_at": {"S": "2026-11-2"}},
        {"generated_at": {"S": "2026-11-21T09:04:00"}},
    ],
)
def test_a_row_of_totals_that_somebody_damaged_is_named_and_passed_over(tables: Aws, damage: dict[str, Any]) -> None:
    tables.run(AT - timedelta(minutes=10)).execute()
    [row] = tables.rows()
    damaged = row | {"generated_at": {"S": "2026-11-21T09:00:00Z"}} | damage
    item = {name: value for name, value in damaged.items() if value}
    tables.tables.put_item(TableName="RA_totales", Item=item)
    tables.tables.put_item(TableName="RA_lenses", Item={"id": {"S": "late"}})
    tables.ses.outbox.clear()
    run = tables.run()
    run.execute()
    page = tables.body(f"{RECORD}.html").decode()
    assert "+1</span>" in page
    assert "since 08:55" in page
    assert tables.ses.to == TO
    assert run.summary.notes == [f"RA_totales has a damaged row, {item['generated_at']['S']!r}: it is ignored"]


@pytest.mark.parametrize("body", [b'{"owner"', b"", b"[]", b'{"owner": 1, "until": "soon", "sent": "all"}'])
def test_marks_of_mails_that_somebody_damaged_are_named_and_made_anew(tables: Aws, body: bytes) -> None:
    tables.objects.put_object(Bucket="reports", Key=f"{RECORD}.mail", Body=body)
    run = tables.run()
    run.execute()
    assert [note.split(":")[0] for note in run.summary.notes] == [f"{RECORD}.mail is damaged"]
    tables.run(owner="run-2").execute()
    assert tables.ses.to == TO


@pytest.mark.parametrize("mark", [{"S": "{"}, {"S": ""}, {"N": "1"}])
def test_a_damaged_mark_in_the_totals_row_stops_no_mail(tables: Aws, mark: dict[str, str]) -> None:
    tables.run(mail_enabled=False).execute()
    [row] = tables.rows()
    tables.tables.put_item(TableName="RA_totales", Item=row | {"mail": mark})
    run = tables.run()
    run.execute()
    assert [note.split(":")[0] for note in run.summary.notes] == ["RA_totales, row of this run is damaged"]
    assert tables.ses.to == TO


def test_a_record_with_a_group_that_is_not_configured_any_more_fails_nothing(tables: Aws) -> None:
    tables.run(mail_enabled=False).execute()
    run = tables.run(groups=(RA,))
    run.execute()
    assert run.summary.notes == ["the group VR is no longer configured: its totals are ignored"]
    assert tables.ses.to == TO
