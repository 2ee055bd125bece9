import pytest

from sluice.console.web.paging import page_of


@pytest.mark.parametrize(
    ("asked", "number", "first"),
    [("", 1, 0), ("2", 2, 100), ("3", 3, 200), ("9", 3, 200), ("0", 1, 0), ("-1", 1, 0), ("²", 1, 0), ("9" * 99, 1, 0)],
)
def test_the_page_that_is_asked_for_or_one_that_there_is(asked, number, first):
    page = page_of(range(250), asked)
    assert (page.number, page.pages, page.rows[0]) == (number, 3, first)


def test_a_list_without_anything_has_one_page():
    assert page_of([], "1") == ([], 1, 1)
