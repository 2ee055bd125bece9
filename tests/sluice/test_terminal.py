import io

import click
import pytest
from rich.cells import cell_len
from rich.console import Console

from sluice import terminal as console


@pytest.fixture
def piped(monkeypatch):
    """What goes into a pipe, whose width rich takes for 80."""
    told = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=told, highlight=False, soft_wrap=True))
    return told


def test_a_table_in_a_pipe_has_columns_as_wide_as_they_need(piped):
    console.print_table(("file", "rows"), ("x" * 100, "1"), ("y", "22"))
    lines = piped.getvalue().splitlines()
    assert lines == ["file" + " " * 98 + "rows", "x" * 100 + "  1", "y" + " " * 101 + "22"]


def test_on_a_narrow_terminal_the_first_cell_has_a_line_of_its_own(monkeypatch):
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=20, highlight=False, soft_wrap=True, color_system=None)
    monkeypatch.setattr(console, "out", terminal)
    console.print_table(("file", "status", "rows"), ("a-long-name.csv", "PARTIAL", "12"), ("b", "FAILED", "3"))
    assert shown.getvalue().splitlines() == [
        "file",
        "  status   rows",
        "a-long-name.csv",
        "  PARTIAL  12",
        "b",
        "  FAILED   3",
    ]


@pytest.fixture
def narrow(monkeypatch):
    """What goes to a terminal of 20 columns."""
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=20, highlight=False, soft_wrap=True, color_system=None)
    monkeypatch.setattr(console, "out", terminal)
    return shown


def test_on_a_narrow_terminal_text_breaks_between_words_and_stays_right_of_its_start(narrow):
    console.say_hanging(["ok  "], "all of it is as it should be")
    assert [line.rstrip() for line in narrow.getvalue().splitlines()] == [
        "ok  all of it is as",
        "    it should be",
    ]


def test_a_start_that_takes_most_of_a_terminal_has_a_line_of_its_own(narrow):
    console.say_hanging(["users/notifier  "], "two words, or three")
    assert [line.rstrip() for line in narrow.getvalue().splitlines()] == [
        "users/notifier",
        "    two words, or",
        "    three",
    ]


def test_elsewhere_hanging_text_is_one_line(piped):
    console.say_hanging(["ok  "], "word " * 40 + "end")
    assert piped.getvalue() == "ok  " + "word " * 40 + "end\n"


@pytest.fixture
def shown(monkeypatch):
    """What goes to a terminal of so many columns."""

    def of(width, name="out"):
        file = io.StringIO()
        terminal = Console(
            file=file, force_terminal=True, width=width, highlight=False, soft_wrap=True, color_system=None
        )
        monkeypatch.setattr(console, name, terminal)
        return file

    return of


def test_a_short_number_begins_the_line_of_those_that_have_their_names(shown):
    told = shown(32)
    console.print_table(
        ("mail", "to", "subject"), ("1", "ann@example.com", "Hello Ann, and welcome"), ("12", "b@c", "Hi")
    )
    assert told.getvalue().splitlines() == [
        "1  to ann@example.com",
        "  subject Hello Ann, and welcome",
        "12  to b@c  subject Hi",
    ]


def test_where_the_other_cells_do_not_fit_either_each_has_its_name(shown):
    told = shown(32)
    console.print_table(
        ("file", "status", "rows", "finished"), ("incoming/a.csv", ("PARTIAL", "yellow"), "12", "2026-11-28T00:01:38Z")
    )
    assert told.getvalue().splitlines() == [
        "incoming/a.csv",
        "  status PARTIAL  rows 12",
        "  finished 2026-11-28T00:01:38Z",
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_word_of_a_line_is_broken_and_no_time(shown, width):
    words = ["2026-11-28T00:01:38Z", "李小龍", *(f"word{number}" for number in range(40))]
    told = shown(width)
    console.say("  ", ("ok  ", "green"), " ".join(words))
    lines = told.getvalue().splitlines()
    assert len(lines) > 1
    assert all(cell_len(line) <= width for line in lines)
    assert " ".join(lines).split() == ["ok", *words]
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_word_that_is_longer_than_a_line_stays_whole(shown):
    told = shown(20)
    console.say("see s3://a-bucket/with/a/long/key.csv now")
    assert told.getvalue().splitlines() == ["see", "  s3://a-bucket/with/a/long/key.csv", "  now"]


def test_a_line_in_a_pipe_is_one(piped):
    console.say("word " * 100 + "end")
    assert piped.getvalue().count("\n") == 1


def test_an_error_is_cut_at_spaces_too(shown):
    shown(30, "err")
    text = console.error_text(click.ClickException("nothing runs in this checkout: start it"))
    assert text == "nothing runs in this\n  checkout: start it"
    listing = console.error_text(console.Listing("two mistakes:\n  one is here\n  another is far away from here"))
    assert listing == "two mistakes:\n  one is here\n  another is far away from\n    here"


@pytest.mark.parametrize(("width", "columns"), [(60, 20), (80, 40), (200, 40), (10, 1)])
def test_something_takes_what_room_there_is(shown, width, columns):
    shown(width)
    assert console.room(40, 40) == columns


def test_bars_fit_on_a_terminal_and_show_the_ends_of_names(monkeypatch):
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=80, highlight=False, color_system=None)
    monkeypatch.setattr(console, "err", terminal)
    names = [f"incoming/a-rather-long-folder-name/orders-2026-0{month}.csv" for month in (1, 2)]
    with console.Bars() as bars:
        for name in names:
            bars.show(name, name, "1,116,898 rows, 104 rejected, chunk 7/12", 50, 100)
    lines = [line for line in shown.getvalue().splitlines() if "50%" in line]
    for month in (1, 2):
        assert any(f"orders-2026-0{month}.csv" in line and "104 rejected, chunk 7/12" in line for line in lines)


def test_wide_letters_take_two_columns(piped):
    console.print_table(("name", "n"), ("李小龍", "1"), ("Ada", "2"))
    assert piped.getvalue().splitlines() == ["name    n", "李小龍  1", "Ada     2"]


def test_cells_are_text_and_no_markup(piped):
    console.print_table(("name",), ("[red]x[/]",), (("[b]", "red"),))
    assert piped.getvalue() == "name\n[red]x[/]\n[b]\n"
