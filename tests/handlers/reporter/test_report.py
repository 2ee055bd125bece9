import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Breach, Verdict
from handlers.reporter.report import Row, Table, parse, render
from tests.handlers.reporter.fakes import RA, STAMP, VR, item, unhurried


def test_the_json_is_the_contract() -> None:
    tables = {
        "RA": [
            Table("RA_headsets", 2, items=[item("Quest", "2026-11-20", "a"), item(None, None, "b")]),
            Table("RA_large", 900, approximate=True, items=[item()]),
            Table("RA_new", 0, status="CREATING"),
        ],
        "VR": [],
    }
    assert json.loads(render(STAMP, "dev", [RA, VR], tables)) == {
        "generated_at": STAMP,
        "environment": "dev",
        "groups": {
            "RA": {
                "label": "Augmented Reality",
                "total": 902,
                "tables": [
                    {
                        "name": "RA_headsets",
                        "count": 2,
                        "approximate": False,
                        "items": [
                            {"name": "Quest", "date": "2026-11-20", "key": {"id": "a"}},
                            {"name": None, "date": None, "key": {"id": "b"}},
                        ],
                        "items_truncated": False,
                    },
                    {
                        "name": "RA_large",
                        "count": 900,
                        "approximate": True,
                        "items": [{"name": "n", "date": "2026-11-21", "key": {"id": "k"}}],
                        "items_truncated": True,
                    },
                    {
                        "name": "RA_new",
                        "count": 0,
                        "approximate": False,
                        "items": [],
                        "items_truncated": False,
                        "status": "CREATING",
                    },
                ],
            },
            "VR": {"label": "Virtual Reality", "total": 0, "tables": []},
        },
    }


def test_numbers_keep_every_digit() -> None:
    odd = Item({"N": "12345678901234567890.12345678901234567"}, {"N": "1E+30"}, {"id": {"N": "1.50"}})
    body = render(STAMP, "dev", [RA], {"RA": [Table("RA_a", 1, items=[odd])]})
    assert b'{"name":12345678901234567890.12345678901234567,"date":1E+30,"key":{"id":1.50}}' in body
    [row] = parse(body).groups[0].tables[0].items
    assert row == Row("12345678901234567890.12345678901234567", "1E+30", {"id": "1.50"})


@unhurried
@given(st.text(), st.text(), st.integers(0, 10**12), st.booleans())
def test_what_is_written_is_read_again(name: str, label: str, count: int, approximate: bool) -> None:
    table = Table(name, count, approximate, [item(name, None, name)], "VANISHED" if approximate else None)
    report = parse(render(STAMP, label, [RA], {"RA": [table]}))
    [group] = report.groups
    assert (report.generated_at, report.environment, group.total) == (STAMP, label, count)
    [read] = group.tables
    assert (read.name, read.total, read.approximate, read.status) == (name, count, approximate, table.status)
    assert read.items == [Row(name, None, {"id": name})]


def test_tables_that_are_there_and_may_not_be_read_are_told_from_the_others() -> None:
    locked = ["UNREADABLE", "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED"]
    others = ["CREATING", "DELETING", "VANISHED", "FAILED", None]
    tables = [Table(f"RA_{status}", 1, status=status) for status in (*locked, *others)]
    [group] = parse(render(STAMP, "dev", [RA], {"RA": tables})).groups
    assert [table.status for table in group.tables if table.locked] == locked


def test_a_total_counts_the_tables_that_are_there() -> None:
    tables = [
        Table("RA_a", 3),
        Table("RA_b", 0, status="CREATING"),
        Table("RA_c", 0, status="VANISHED"),
        Table("RA_d", 4, approximate=True, status="UNREADABLE"),
    ]
    [group] = parse(render(STAMP, "dev", [RA], {"RA": tables})).groups
    assert group.counts == {"RA_a": 3, "RA_d": 4}
    assert group.approximate


@pytest.mark.parametrize(
    ("verdict", "broken", "changed"),
    [
        (Verdict((), False), [], False),
        (
            Verdict((Breach("change_within", 20, 9),)),
            [{"expectation": "change_within", "limit": 20, "before": 9}],
            True,
        ),
        (None, None, None),
    ],
)
def test_a_verdict_is_written_and_read_again(verdict: Verdict | None, broken: object, changed: bool | None) -> None:
    body = render(STAMP, "dev", [RA], {"RA": []}, {"RA": verdict})
    group = json.loads(body)["groups"]["RA"]
    assert (group["broken"], group["changed"]) == (broken, changed)
    assert parse(body).groups[0].verdict == verdict


def test_a_group_without_a_verdict_has_nothing_broken_and_counts_as_changed() -> None:
    assert parse(render(STAMP, "dev", [RA], {"RA": []})).groups[0].verdict == Verdict((), True)
