import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.counting.newest import Item
from handlers.reporter.expectations import Breach, Verdict
from handlers.reporter.report import Table
from handlers.reporter.showing import page
from handlers.reporter.showing.view import View
from tests.handlers.reporter.fakes import LOCATION, item, past, unhurried, view

VOID = {"meta", "link", "br", "img", "path"}


class Structure(HTMLParser):
    """The tags with their attributes, but for those that carry text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


TEXTS = st.text(st.characters(), min_size=1, max_size=30).map(lambda text: f"a{text}") | st.sampled_from(
    ["<script>alert(1)</script>", "\"><img src=x onerror='y'>", "</td></table>", "<!--", "{}", "%s{0}"]
)


def report(name: str, date: str, key: str) -> View:
    found = Table("RA_a", 3, items=[Item({"S": name}, {"S": date}, {"id": {"S": key}}), item(None, None)])
    return view({"RA": [found], "VR": []}, {"RA": [past(4, {"RA_a": 4, "RA_old": 1})]})


@unhurried
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_of_a_table_changes_the_structure(name: str, date: str, key: str) -> None:
    html = page.render(report(name, date, key))
    html.encode()
    assert Structure(html).tags == Structure(page.render(report("x", "y", "z"))).tags


def test_a_text_that_runs_the_other_way_stays_in_its_cell() -> None:
    html = page.render(report("\u202egnp.exe", "\u0645\u06cc", "k"))
    for text in ("\u202egnp.exe", "\u0645\u06cc", "k"):
        assert f"<bdi>{text}</bdi></td>" in html


def test_it_is_one_file_that_runs_and_fetches_nothing() -> None:
    html = page.render(report("n", "d", "k"))
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|src=|href=|\bon\w+=", html)


def test_it_shows_totals_changes_and_items() -> None:
    text = " ".join(Structure(page.render(report("Quest", "last Tuesday", "u-1"))).text)
    for expected in ("Augmented Reality", "−1", "since 09:00", "RA_a", "Quest", "last Tuesday", "u-1", "Newest 2 of 3"):
        assert expected in text
    assert "Gone since the last report: RA_old" in text
    assert LOCATION in text


def test_a_group_without_tables_says_so() -> None:
    assert "No tables." in page.render(view({"RA": []}))


def test_without_groups_it_says_so() -> None:
    assert "No groups are configured." in page.render(view({}))


def test_an_approximate_count_is_marked_and_explained() -> None:
    html = page.render(view({"RA": [Table("RA_a", 900, approximate=True, items=[item()])]}))
    assert "≈\N{NO-BREAK SPACE}900" in html
    assert 'class="about"' in html
    assert "≈ marks a table that was not read completely" in html
    assert "≈ marks" not in page.render(view({"RA": [Table("RA_a", 900)]}))


@pytest.mark.parametrize(
    ("status", "words"), [("CREATING", "being created"), ("VANISHED", "deleted while it was read")]
)
def test_a_table_that_was_not_read_says_why_and_shows_no_count(status: str, words: str) -> None:
    html = page.render(view({"RA": [Table("RA_a", 0, status=status)]}))
    [row] = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html)
    assert words in row
    assert not re.search(r">\d", row)
    assert 'class="bar"' not in row


def test_many_items_are_folded_and_still_there() -> None:
    html = page.render(view({"RA": [Table("RA_a", 40, items=[item(f"n{at}", key=f"k{at}") for at in range(40)])]}))
    folded = html.split("<details>")[1]
    assert "30 more" in folded
    assert "n9<" not in folded
    assert "n39<" in folded


def test_a_page_that_is_cut_says_so_and_keeps_the_first_items_of_each_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_SIZE", 9_000)
    tables = [
        Table(f"RA_{at}", 60, items=[item(f"n{row}", key=f"k{at}-{row}") for row in range(60)]) for at in range(4)
    ]
    html = page.render(view({"RA": tables}))
    Structure(html)
    assert "This page is shortened" in html
    assert "The others are in the report’s JSON." in html
    assert all(f"k{at}-9<" in html for at in range(4))
    assert "k3-59<" not in html
    assert "This page is shortened" not in page.render(view({"RA": tables[:1]}))


def test_the_first_report_announces_its_history() -> None:
    html = page.render(view({"RA": [Table("RA_a", 1)]}))
    assert "First report" in html
    assert "<svg" not in html


def test_the_history_is_drawn_and_put_in_words() -> None:
    html = page.render(view({"RA": [Table("RA_a", 1)]}, {"RA": [past(5)]}))
    assert 'aria-label="Totals of 2 reports' in html


def test_a_broken_expectation_is_marked_beside_the_total() -> None:
    html = page.render(view({"RA": [Table("RA_a", 9)]}, verdicts={"RA": Verdict((Breach("maximum", 8),))}))
    assert '<p class="judged">Expectation broken: more than the maximum of 8</p>' in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_have_enough_contrast(scheme: str) -> None:
    light, dark = page.render(view({})).split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", light if scheme == "light" else dark))
    for text in ("ink", "soft", "up", "down", "bar"):
        assert contrast(colours[text], colours["ground"]) >= 4.5
        assert contrast(colours[text], colours["card"]) >= 4.5
    assert contrast(colours["note"], colours["note-ground"]) >= 4.5


def contrast(first: str, second: str) -> float:
    """WCAG 2.2, relative luminance."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
