"""The settings for the format of files; a file's name and content tell what they leave open."""

from collections.abc import Sequence
from typing import NamedTuple

from handlers.importer.reading.dialect import Dialect

DELIMITERS = {"csv": ",", "tsv": "\t"}
"""Defaults by type."""


class Format(NamedTuple):
    """The setting `format` of an import."""

    type: str = "auto"
    """`auto` (the name tells), `csv`, `tsv`, `json`, `jsonl` or `dynamodb`."""
    delimiter: str = ""
    """One character; empty: the type's default. A file's `sep=` line takes precedence."""
    header: Sequence[str] = ()
    """The columns of CSV files without a header row; empty: the first row is the header."""
    quote: str = '"'
    """One character; empty: quotes are text."""
    escape: str = ""
    """One character, nearly always a backslash; empty: a quote within quotes is doubled."""
    nulls: Sequence[str] = ()
    r"""CSV cells that mean no value, such as `\N` or `NULL`; an empty cell always does."""
    encoding: str = "utf-8"
    """Any that Python knows; a file's byte order mark takes precedence."""
    skip_lines: int = 0
    """How many lines precede the header of a CSV file, including a `sep=` line."""
    compression: str = "auto"
    """`auto` (name and content tell), `none`, `gzip` or `zstd`."""
    wrapper: str = ""
    """The member that holds the rows of a JSON file, besides `Items`."""
    booleans: Sequence[tuple[str, bool]] = ()
    """Texts of CSV cells of type BOOL, in any case; empty: `true` `false` `1` `0`."""

    def dialect(self, kind: str) -> Dialect:
        """Returns how the cells of CSV files are written; `kind` is `csv` or `tsv`."""
        return Dialect(self.delimiter or DELIMITERS[kind], self.quote, self.escape)
