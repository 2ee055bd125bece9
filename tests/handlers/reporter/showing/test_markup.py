from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.report import Table
from handlers.reporter.showing import markup
from tests.handlers.reporter.fakes import item, past, unhurried, view

ANY_TEXT = st.text(st.characters(), max_size=60) | st.sampled_from(
    ["<script>alert(1)</script>", "\" onload='x", "&lt;", "</td><td>", "<!--", "]]>", "`", "\ud800", "\x00\r\n"]
)


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", []))


@unhurried
@given(ANY_TEXT)
def test_escaped_text_opens_no_tag_and_leaves_no_attribute(text: str) -> None:
    safe = markup.escaped(text)
    seen = Seen()
    seen.feed(f"<p title=\"{safe}\" lang='{safe}'>{safe}</p>")
    seen.close()
    [(tag, attributes)] = seen.tags
    assert tag == "p"
    assert attributes == [("title", seen.text), ("lang", seen.text)]
    assert not set(safe) & set("<>\"'\r\n\x00")
    safe.encode()


@unhurried
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"])))
def test_printable_text_comes_out_as_it_went_in(text: str) -> None:
    seen = Seen()
    seen.feed(markup.escaped(text))
    seen.close()
    assert seen.text == text


@pytest.mark.parametrize("code", [*range(0x09), *range(0x0B, 0x0D), *range(0x0E, 0x20), *range(0x7F, 0xA0)])
def test_control_characters_are_never_in_html(code: int) -> None:
    """U+0092 too: Gmail clips a mail there."""
    assert markup.escaped(f"a{chr(code)}b") == "a\ufffdb"


@unhurried
@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    line = markup.one_line(text)
    assert line.isprintable()
    line.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("", "(empty)"),
        (" \n", "(empty)"),
        ("21/11/2026", "21/11/2026"),
        (1763716000, "1763716000"),
        ("1.50", "1.50"),
        (True, "true"),
        (["a", {"b": "é"}], '["a", {"b": "é"}]'),
        ("x" * 30, "x" * 19 + "…"),
    ],
)
def test_values_are_shown_as_they_are(value: object, text: str) -> None:
    assert markup.shown(value, 20) == text


def test_a_key_is_shown_by_its_values() -> None:
    assert markup.shown_key({"id": "u-1"}, 20) == "u-1"
    assert markup.shown_key({"id": "u-1", "at": 2026}, 20) == "u-1 / 2026"


def test_numbers_are_grouped_and_signed() -> None:
    assert markup.number(1234567) == "1,234,567"
    assert markup.count(1200, approximate=True) == "≈\N{NO-BREAK SPACE}1,200"
    assert [markup.signed(change) for change in (12, -3, 0)] == ["+12", "−3", "0"]
    assert [markup.plural(value, "table") for value in (0, 1, 2)] == ["0 tables", "1 table", "2 tables"]


def test_times_are_as_short_as_they_may_be() -> None:
    time = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
    assert markup.long_time(time) == "2 November 2026, 09:05 UTC"
    assert markup.short_time(time, time) == "09:05"
    assert markup.short_time(time, datetime(2026, 11, 3, tzinfo=UTC)) == "2 Nov 09:05"


def test_what_stands_for_a_change_says_why_there_is_none() -> None:
    tables = [
        Table("RA_new", 1),
        Table("RA_same", 2),
        Table("RA_making", 0, status="CREATING"),
    ]
    [group] = view({"RA": tables}, {"RA": [past(2, {"RA_same": 2})]}).groups
    assert [markup.standing(table) for table in group.tables] == ["new", "0", "–"]
    [first] = view({"RA": tables[:1]}).groups
    assert markup.standing(first.tables[0]) == "–"


@pytest.mark.parametrize(
    ("table", "note"),
    [
        (Table("RA_a", 1, items=[item()]), "1 item"),
        (Table("RA_a", 250, items=[item()]), "Newest 1 of 250"),
        (Table("RA_a", 250, approximate=True, items=[item()]), "Sample of 1 of ≈\N{NO-BREAK SPACE}250"),
    ],
)
def test_lists_say_what_they_list(table: Table, note: str) -> None:
    assert markup.items_note(view({"RA": [table]}).groups[0].group.tables[0]) == note


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("CREATING", "being created"),
        ("VANISHED", "deleted while it was read"),
        ("UNREADABLE", "may not be read"),
        ("FAILED", "could not be read"),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "inaccessible encryption credentials"),
        (None, ""),
    ],
)
def test_states_are_put_in_words(status: str | None, words: str) -> None:
    assert markup.status(view({"RA": [Table("RA_a", 0, status=status)]}).groups[0].group.tables[0]) == words
