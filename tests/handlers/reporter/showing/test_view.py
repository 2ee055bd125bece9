from handlers.reporter.report import Table
from tests.handlers.reporter.fakes import AT, past, view


def test_totals_and_tables_are_compared_with_the_last_report() -> None:
    history = [past(1, {"RA_a": 1}, minutes=10), past(7, {"RA_a": 5, "RA_old": 2})]
    shown = view({"RA": [Table("RA_a", 9), Table("RA_b", 3)]}, {"RA": history})
    [group] = shown.groups
    assert (group.change, group.gone, group.since) == (5, ["RA_old"], history[-1] and group.history[1].at)
    assert [(table.change, table.new) for table in group.tables] == [(4, False), (None, True)]
    assert [point.total for point in group.history] == [1, 7, 12]


def test_the_first_report_has_nothing_to_compare_with() -> None:
    [group] = view({"RA": [Table("RA_a", 9)]}).groups
    assert (group.change, group.gone, group.since) == (None, [], AT)
    assert [(table.change, table.new) for table in group.tables] == [(None, False)]


def test_a_table_that_a_truncated_row_lacks_is_not_called_new() -> None:
    history = [past(7, {"RA_a": 5, "RA_old": 2})._replace(truncated=True)]
    [group] = view({"RA": [Table("RA_a", 9), Table("RA_b", 3)]}, {"RA": history}).groups
    assert (group.change, group.gone) == (5, ["RA_old"])
    assert [(table.change, table.new) for table in group.tables] == [(4, False), (None, False)]


def test_bars_are_parts_of_the_groups_largest_table() -> None:
    [group] = view({"RA": [Table("RA_a", 50), Table("RA_b", 200), Table("RA_c", 0)]}).groups
    assert [table.share for table in group.tables] == [0.25, 1.0, 0.0]


def test_a_group_of_empty_tables_has_no_bars() -> None:
    [group] = view({"RA": [Table("RA_a", 0)]}).groups
    assert [table.share for table in group.tables] == [0.0]


def test_a_table_that_was_not_read_shows_neither_count_nor_change() -> None:
    tables = [Table("RA_a", 0, status="DELETING"), Table("RA_b", 5, True, status="ARCHIVED")]
    [group] = view({"RA": tables}, {"RA": [past(9, {"RA_a": 5, "RA_b": 4})]}).groups
    assert [(table.unread, table.moved) for table in group.tables] == [(True, 0), (False, 1)]


def test_the_whole_is_the_sum_of_the_groups() -> None:
    shown = view({"RA": [Table("RA_a", 9), Table("RA_b", 1)], "VR": [Table("VR_a", 5, approximate=True)]})
    assert (shown.total, shown.table_count, shown.approximate) == (15, 3, True)
