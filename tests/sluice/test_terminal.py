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


def test_wide_letters_take_two_columns(piped):
    console.print_table(("name", "n"), ("李小龍", "1"), ("Ada", "2"))
    assert piped.getvalue().splitlines() == ["name    n", "李小龍  1", "Ada     2"]


def test_cells_are_text_and_no_markup(piped):
    console.print_table(("name",), ("[red]x[/]",), (("[b]", "red"),))
    assert piped.getvalue() == "name\n[red]x[/]\n[b]\n"
