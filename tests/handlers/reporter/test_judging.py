import pytest

from handlers.reporter.expectations import Breach, Expectation, Verdict
from handlers.reporter.judging import UndecidedError, is_mailed, judge
from handlers.reporter.report import GroupReport, Report, Table
from tests.handlers.reporter.fakes import STAMP, past

A, B = Table("RA_a", 4), Table("RA_b", 2)


def test_a_group_is_judged_by_all_its_tables_and_the_last_report() -> None:
    verdict = judge(Expectation(minimum=7, change_within=20), [A, B], [past(1), past(5, {"RA_a": 3, "RA_b": 2})])
    assert verdict == Verdict((Breach("minimum", 7),), True)


@pytest.mark.parametrize(
    ("tables", "changed"),
    [
        ({"RA_a": 4, "RA_b": 2}, False),
        ({"RA_a": 3, "RA_b": 3}, True),  # the total is the same
        ({"RA_a": 6}, True),
        ({"RA_a": 4, "RA_b": 2, "RA_gone": 0}, True),
    ],
)
def test_counts_have_changed_where_one_of_a_table_is_another(tables: dict[str, int], changed: bool) -> None:
    assert judge(None, [A, B], [past(6, tables)]) == Verdict((), changed)


@pytest.mark.parametrize(
    ("total", "tables", "changed"), [(6, {"RA_a": 4}, False), (7, {"RA_a": 4}, True), (6, {"RA_a": 5}, True)]
)
def test_what_a_truncated_row_lacks_has_changed_only_if_the_total_has(total, tables, changed) -> None:
    assert judge(None, [A, B], [past(total, tables)._replace(truncated=True)]) == Verdict((), changed)


def test_a_table_that_is_being_made_or_deleted_has_no_count_to_change() -> None:
    assert judge(None, [A, Table("RA_new", 0, status="CREATING")], [past(4, {"RA_a": 4})]) == Verdict((), False)


def test_the_first_report_counts_as_changed() -> None:
    assert judge(None, [A], []) == Verdict((), True)


def test_a_group_that_was_not_read_whole_is_not_judged() -> None:
    assert judge(Expectation(minimum=7), [A, Table("RA_b", 0, status="FAILED")], []) is None
    assert judge(Expectation(minimum=7), [A], None) is None


def test_a_table_that_may_not_be_read_is_judged_by_the_count_that_is_shown() -> None:
    locked = Table("RA_b", 2, approximate=True, status="UNREADABLE")
    assert judge(Expectation(maximum=5), [A, locked], []) == Verdict((Breach("maximum", 5),), True)


QUIET, CHANGED, BROKEN = Verdict((), False), Verdict((), True), Verdict((Breach("minimum", 7),), False)


@pytest.mark.parametrize(
    ("when", "verdicts", "mailed"),
    [
        ("always", [QUIET], True),
        ("always", [None], True),
        ("never", [BROKEN, CHANGED], False),
        ("never", [None], False),
        ("changes", [QUIET, CHANGED], True),
        ("changes", [QUIET, BROKEN], False),
        ("changes", [None, CHANGED], True),
        ("breaches", [QUIET, BROKEN], True),
        ("breaches", [QUIET, CHANGED], False),
        ("breaches", [None, BROKEN], True),
    ],
)
def test_a_report_is_mailed_when_it_is_to_be(when: str, verdicts: list[Verdict | None], mailed: bool) -> None:
    assert is_mailed(when, of(verdicts)) is mailed


@pytest.mark.parametrize("when", ["changes", "breaches"])
def test_a_report_of_which_it_is_not_known_is_left_to_a_repeated_run(when: str) -> None:
    with pytest.raises(UndecidedError, match=f"mails are for {when} only"):
        is_mailed(when, of([QUIET, None]))


def of(verdicts: list[Verdict | None]) -> Report:
    return Report(STAMP, "dev", [GroupReport(f"G{n}", "", 0, [], verdict) for n, verdict in enumerate(verdicts)])
