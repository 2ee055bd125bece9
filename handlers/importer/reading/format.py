"""How the settings say that files are written; what they leave open, a file's name and its content tell."""

from collections.abc import Sequence
from typing import NamedTuple

from handlers.importer.reading.dialect import Dialect

DELIMITERS = {"csv": ",", "tsv": "\t"}
"""Of the types with a header, where the settings name none."""


class Format(NamedTuple):
    """The setting `format` of an import."""

    type: str = "auto"
    """`auto` (the name tells), `csv`, `tsv`, `json`, `jsonl` or `dynamodb`."""
    delimiter: str = ""
    """One character; empty: the type's own. A file's `sep=` line goes before it."""
    header: Sequence[str] = ()
    """The columns of CSV files without a header row; none: the first row is the header."""
    quote: str = '"'
    """One character; empty: quotes are text."""
    escape: str = ""
    """One character, a backslash nearly always; empty: a quote within quotes is doubled."""
    nulls: Sequence[str] = ()
    r"""What a CSV cell holds where there is no value, such as `\N` or `NULL`; an empty cell never has one."""
    encoding: str = "utf-8"
    """Any that Python knows; a mark at a file's beginning goes before it."""
    skip_lines: int = 0
    """How many lines of a CSV file come before its header, a `sep=` line counted."""
    compression: str = "auto"
    """`auto` (name and content tell), `none`, `gzip` or `zstd`."""
    wrapper: str = ""
    """The member that the rows of a JSON file lie in, beside `Items`."""
    booleans: Sequence[tuple[str, bool]] = ()
    """What CSV cells of type BOOL hold, in any case; none: `true` `false` `1` `0`."""

    def dialect(self, kind: str) -> Dialect:
        """Returns how the cells of CSV files are written; `kind` is `csv` or `tsv`."""
        return Dialect(self.delimiter or DELIMITERS[kind], self.quote, self.escape)
