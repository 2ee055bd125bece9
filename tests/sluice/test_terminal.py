import io

import pytest
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
