import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.importer.reading.dialect import Dialect
from tests.handlers.importer.reading.csv_comparison import Reading, compare_reader
from tests.handlers.importer.reading.test_csv_rules import DIALECTS, READINGS, texts


@given(st.sampled_from(DIALECTS).flatmap(texts), READINGS)
def test_cells_are_those_of_the_plain_reader(written: tuple[Dialect, str], reading: Reading) -> None:
    dialect, text = written
    compare_reader(text, dialect, reading._replace(record_bytes=3 << 20))


MYSQL, TABBED = Dialect(",", '"', "\\"), Dialect("\t", "", "\\")


@pytest.mark.parametrize(
    ("dialect", "text", "cells"),
    [
        (MYSQL, r'bs1,"say \"hi\"",x', ["bs1", 'say "hi"', "x"]),
        (MYSQL, r'"a \\",\N,"\N",C:\new,"\n\0\x,""q"""', ["a \\", r"\N", r"\N", r"C:\new", '\n\0x,"q"']),
        (MYSQL, '"a\\\nb"', ["a\nb"]),
        (TABBED, 'a\\\tb\tsay "hi"\t\\\\\\n\t\\N', ["a\tb", 'say "hi"', "\\\n", "\\N"]),
        (TABBED, "\\b\\f\\n\\r\\t\\v\\\\", ["\b\f\n\r\t\v\\"]),  # all that PostgreSQL escapes
        (TABBED, "a\\\r\nb\tc", ["a\r\nb", "c"]),
        (Dialect("|", ""), '"a|b"', ['"a', 'b"']),
        (Dialect("§", "þ"), "þa§bþ§c", ["a§b", "c"]),
    ],
)
def test_a_dialect_is_read_as_who_writes_it_means_it(dialect: Dialect, text: str, cells: list[str]) -> None:
    assert dialect.row(text) == cells
    assert dialect.row(text + "\n") == cells


def test_an_escape_at_the_end_of_the_file_is_text() -> None:
    assert TABBED.row("a\tb\\") == ["a", "b\\"]


@pytest.mark.parametrize(
    ("dialect", "mistake"),
    [
        (Dialect(), ""),
        (Dialect("\t", "", ""), ""),
        (Dialect("||"), "the delimiter '||' is not one character"),
        (Dialect(""), "the delimiter '' is not one character"),
        (Dialect(",", "\n"), r"'\n' cannot be the quote"),
        (Dialect('"'), "delimiter, quote and escape must differ"),
        (Dialect(",", '"', ","), "delimiter, quote and escape must differ"),
    ],
)
def test_what_no_file_can_be_written_in_is_refused(dialect: Dialect, mistake: str) -> None:
    assert dialect.mistake() == mistake
