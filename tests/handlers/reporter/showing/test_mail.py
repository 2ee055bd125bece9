import base64
import quopri
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Breach, Verdict
from handlers.reporter.report import Table
from handlers.reporter.showing import mail
from handlers.reporter.showing.view import View
from tests.handlers.reporter.fakes import LOCATION, item, past, unhurried, view
from tests.handlers.reporter.showing.test_page import TEXTS, Structure, report

LARGE = st.builds(
    lambda tables, items, text: view(
        {
            "RA": [
                Table(f"RA_{at}{'t' * 240}", 10**6, items=[Item({"S": text * 300}, None, {"id": {"S": text}})] * items)
                for at in range(tables)
            ],
            "VR": [Table("VR_a", 1, items=[item()])],
        },
        {"RA": [past(9, {f"RA_gone{at}": 1 for at in range(tables)})]},
    ),
    tables=st.integers(0, 300),
    items=st.integers(0, 50),
    text=st.sampled_from(["a", "é", "漢", "🚀", "<", "&", "\x00"]),
)


def sizes_as_sent(text: str) -> tuple[int, int]:
    """A text as quoted-printable and as base64, in bytes."""
    body = text.replace("\n", "\r\n").encode()
    printed = quopri.encodestring(body).replace(b"\r\n", b"\n")
    return len(printed.replace(b"\n", b"\r\n")), len(base64.encodebytes(body).replace(b"\n", b"\r\n"))


def assert_below_102_kb_as_sent(content: mail.Mail) -> None:
    for text in (content.html, content.text):
        assert max(sizes_as_sent(text)) < 102_000


@settings(max_examples=15, deadline=None)
@given(LARGE)
def test_a_mail_stays_below_what_gmail_clips_and_says_where_the_rest_is(large: View) -> None:
    content = mail.render(large)
    assert_below_102_kb_as_sent(content)
    assert LOCATION in content.html
    assert LOCATION in content.text
    Structure(content.html)


@pytest.mark.parametrize("name", ["製品名称" * 8, "Lens " * 20, "é=" * 40, "😀" * 40, "a" * 110])
def test_a_mail_that_is_cut_uses_the_room_that_readers_show(name: str) -> None:
    """The first is what a reader sent in: 40 tables of 10 items, 100 KB of HTML that took 135 KB when sent."""
    tables = [Table(f"RA_j{at:02}", 10, items=[item(f"{name}{row}") for row in range(10)]) for at in range(40)]
    content = mail.render(view({"RA": tables}))
    assert "This mail is shortened" in content.html
    assert_below_102_kb_as_sent(content)
    assert max(sizes_as_sent(content.html)) > 90_000


@pytest.mark.parametrize("hostile", ["http://evil.example/login", "You won! collect at evil.example", "evil．example"])
def test_nothing_of_a_table_becomes_a_link_of_a_mail(hostile: str) -> None:
    item_ = Item({"S": hostile}, {"S": hostile}, {"id": {"S": hostile}})
    tables = [Table("RA_evil.example", 1, items=[item_]), Table("RA_b", 0, status="CREATING")]
    content = mail.render(view({"RA": tables}, {"RA": [past(1, {"RA_gone.example": 1})]}))
    for text in (content.subject, content.html, content.text):
        assert not re.search(r"(evil|gone)[.．]example|http:/|://evil", text)
        assert "RA_evil. example" in text or text == content.subject
    assert "RA_gone. example" in content.html
    assert "RA_gone. example" in content.text


def test_a_value_that_shows_nothing_is_called_empty() -> None:
    content = mail.render(view({"RA": [Table("RA_a", 1, items=[item("\u200d", "\u3164", "k")])]}))
    assert "  (empty)  |  (empty)  |  k\n" in content.text
    assert content.html.count("(empty)") == 2


def test_plain_values_stay_as_they_are() -> None:
    values = ("O'Brien & Söhne", "2026-11-21T09:05:00Z", "J.R.R. Tolkien")
    content = mail.render(view({"RA": [Table("RA_a", 1, items=[item(*values)])]}))
    assert f"  {'  |  '.join(values)}\n" in content.text


def test_column_headings_do_not_break_within_a_word() -> None:
    html = mail.render(report("n", "d", "k")).html
    rows = re.findall(r"<tr class=\"soft\"[^>]*>.*?</tr>", html)
    assert [re.findall(r"<th[^>]*>(\w+)", row) for row in rows] == [
        ["Table", "Items", "Change"],
        ["Name", "Date", "Key"],
    ]
    assert all("white-space:nowrap" in row.partition(">")[0] for row in rows)
    assert html.count("<th ") + html.count("<th>") == 6


def test_a_mail_that_is_cut_says_so_and_keeps_every_total() -> None:
    tables = [Table(f"RA_{at}", 1, items=[item("n" * 110)] * 10) for at in range(120)]
    html = mail.render(view({"RA": tables, "VR": [Table("VR_a", 77)]})).html
    assert "This mail is shortened" in html
    assert "77" in html
    assert "RA_119" in html


def test_each_table_gets_its_first_items_before_any_gets_more() -> None:
    tables = [Table(f"RA_{at}", 1, items=[item(f"n{row}" + "x" * 110) for row in range(10)]) for at in range(24)]
    html = mail.render(view({"RA": tables})).html
    assert html.count("n0x") == html.count("n2x") == 24
    assert 0 < html.count("n9x") < 24


def test_a_mail_that_is_not_cut_does_not_say_so() -> None:
    html = mail.render(report("n", "d", "k")).html
    assert "This mail is shortened" not in html


def test_a_mail_lists_ten_items_of_a_table_and_points_to_the_page() -> None:
    content = mail.render(view({"RA": [Table("RA_a", 12, items=[item(f"n{at}") for at in range(12)])]}))
    assert "n9<" in content.html
    assert "n10<" not in content.html
    assert "and 2 more items on the page" in content.html
    assert "and 2 more on the page" in content.text


@unhurried
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_of_a_table_changes_the_structure(name: str, date: str, key: str) -> None:
    html = mail.render(report(name, date, key)).html
    html.encode()
    assert Structure(html).tags == Structure(mail.render(report("x", "y", "z")).html).tags


def test_a_text_that_runs_the_other_way_stays_in_its_cell() -> None:
    html = mail.render(report("\u0645\u06cc", "d", "k")).html
    for text in ("\u0645\u06cc", "d", "k"):
        assert f"><bdi>{text}</bdi></td>" in html


def test_it_has_only_what_mail_readers_keep() -> None:
    html = mail.render(report("n", "d", "k")).html
    assert not re.search(r"<script|<link|<img|<svg|@import|url\(|src=|href=|\bon\w+=|flex|grid|var\(", html)
    assert "prefers-color-scheme:dark" in html


def test_the_history_is_columns_of_a_table() -> None:
    html = mail.render(report("n", "d", "k")).html
    [chart] = re.findall(r'<table role="img" aria-label="Totals of 2 reports[^"]*".*?</table>', html)
    assert len(re.findall(r"<td", chart)) == 2


def test_the_subject_tells_totals_and_changes() -> None:
    assert mail.render(report("n", "d", "k")).subject == (
        "Table report, dev, 09:05 UTC: Augmented Reality 3 (−1), Virtual Reality 0"
    )


@unhurried
@given(TEXTS)
def test_the_text_is_one_line_an_item(name: str) -> None:
    lines = mail.render(report(name, "d", "k")).text.split("\n")
    assert len(lines) == len(mail.render(report("x", "d", "k")).text.split("\n"))
    assert any(line.endswith("  |  d  |  k") for line in lines)


def test_states_and_lost_tables_are_told() -> None:
    tables = [Table("RA_a", 0, status="CREATING"), Table("RA_b", 5, approximate=True)]
    content = mail.render(view({"RA": tables, "VR": []}, {"RA": [past(4, {"RA_b": 4, "RA_old": 1})]}))
    for text in (content.html, content.text):
        assert "being created" in text
        assert "RA_old" in text
        assert "≈\N{NO-BREAK SPACE}5" in text
        assert "≈ marks a table" in text
        assert "No tables." in text


BROKEN = {"RA": Verdict((Breach("minimum", 300), Breach("change_within", 20, 313)), True), "VR": Verdict((), False)}
WORDS = "Expectations broken: fewer than the minimum of 300; a change of −62 from 313, more than 20%"


def test_a_broken_expectation_is_marked_in_subject_and_both_forms() -> None:
    content = mail.render(view({"RA": [Table("RA_a", 251)], "VR": [Table("VR_a", 5)]}, verdicts=BROKEN))
    assert content.subject == (
        "Not as expected: Augmented Reality. Table report, dev, 09:05 UTC: Augmented Reality 251, Virtual Reality 5"
    )
    assert f">{WORDS}</div>" in content.html
    assert f"\nAugmented Reality: 251 (first report)\n  {WORDS}\n" in content.text
    assert content.html.count("xpectation") == content.text.count("xpectation") == 1
    Structure(content.html)


def test_a_group_that_was_not_judged_says_so_and_its_subject_nothing() -> None:
    content = mail.render(view({"RA": [Table("RA_a", 251)]}, verdicts={"RA": None}))
    assert content.subject.startswith("Table report, dev")
    for text in (content.html, content.text):
        assert "Not compared: a table or the last report could not be read" in text
