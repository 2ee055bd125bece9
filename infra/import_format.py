"""How the files of an import are written: for the component and settings.

A module of its own, so that commands can read settings without loading pulumi-aws.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from handlers.importer.reading.encodings import encoding
from handlers.importer.reading.format import DELIMITERS, Format

TYPES = ("auto", "csv", "tsv", "json", "jsonl", "dynamodb")
COMPRESSIONS = ("auto", "none", "gzip", "zstd")
NO_QUOTE = "none"
ENCODINGS = "a text encoding that Python knows, such as utf-8, utf-16, cp1252 or latin-1"
"""What is allowed, in words."""
_OF_CSV = ("delimiter", "header", "quote", "escape", "nulls", "skip_lines", "booleans")


class FormatArgs(TypedDict):
    """How files are written; fields left out are told from a file's name and content."""

    type: NotRequired[str]
    """`csv`, `tsv`, `json`, `jsonl` or `dynamodb`, whatever the name; `auto`, by the file's name, by default."""
    delimiter: NotRequired[str]
    """The delimiter of CSV files, one character; by default a comma, in TSV files a tab."""
    header: NotRequired[Sequence[str]]
    """The columns of CSV files that have no header row; by default the first row names them."""
    quote: NotRequired[str]
    """The quote of CSV files, one character, or `none`: quotes are text; `"` by default."""
    escape: NotRequired[str]
    """The escape of CSV files, one character, nearly always a backslash; none by default."""
    nulls: NotRequired[Sequence[str]]
    r"""What CSV cells without a value hold, such as `\N`; an empty cell never has a value; nothing else by
    default."""
    encoding: NotRequired[str]
    """Any text encoding that Python knows; UTF-8 by default. A file's byte order mark takes precedence."""
    skip_lines: NotRequired[int]
    """How many lines come before the header of CSV files; 0 by default."""
    compression: NotRequired[str]
    """`none`, `gzip` or `zstd`; `auto`, by name and content, by default."""
    wrapper: NotRequired[str]
    """The member of JSON files that holds the rows, besides `Items`; none by default."""
    booleans: NotRequired[Mapping[str, bool]]
    """Text of CSV cells of type BOOL, in upper or lower case, -> its meaning; `true` `false` `1` `0` by default."""


def mistakes(args: FormatArgs) -> Iterator[str]:
    """Yields impossible and contradictory fields, each as what is allowed instead."""
    fields = _fields(args)
    type_, compression = fields.get("type", "auto"), fields.get("compression", "auto")
    if type_ not in TYPES:
        yield f"type {type_!r} is none of {', '.join(TYPES)}"
        return
    if compression not in COMPRESSIONS:
        yield f"compression {compression!r} is none of {', '.join(COMPRESSIONS)}"
    if int(fields.get("skip_lines", 0)) < 0:
        yield "skipLines that is not negative"
    format_ = Format(**fields)
    dialects = [format_.dialect(kind) for kind in DELIMITERS if type_ in ("auto", kind)]
    yield from dict.fromkeys(mistake for dialect in dialects if (mistake := dialect.mistake()))
    yield from _mistakes_of_encoding(format_.encoding, "".join(dialects[0]) if dialects else "")
    for name, types, where in (
        *((name, ("auto", "csv", "tsv"), "CSV files") for name in _OF_CSV),
        ("wrapper", ("auto", "json", "dynamodb"), "JSON files that are not lines"),
    ):
        if name in fields and type_ not in types:
            yield f"{_camel(name)} is only for {where}, and type is {type_}"
    names = Counter(name.strip() for name in format_.header if name.strip())
    yield from (f"header has {name!r} {count} times" for name, count in names.items() if count > 1)
    meanings = Counter(text.strip().lower() for text, _ in format_.booleans)
    yield from (f"booleans have {text!r} {count} times" for text, count in meanings.items() if count > 1)
    if "" in meanings:
        yield "booleans have an empty text, which is not a value"


def checked_fields(args: FormatArgs) -> dict[str, Any]:
    """Returns the fields that are set, as the importer's `reading.format.Format` has them.

    Raises:
        ValueError: No file could have this format.
    """
    if found := list(mistakes(args)):
        raise ValueError(f"format: {'; '.join(found)}")
    return _fields(args)


def _fields(args: FormatArgs) -> dict[str, Any]:
    """Returns the fields of `Format` that differ from their defaults."""
    fields: dict[str, Any] = {name: value for name, value in args.items() if value is not None}
    if fields.get("quote") == NO_QUOTE:
        fields["quote"] = ""
    for name in ("header", "nulls"):
        if name in fields:
            fields[name] = list(fields[name])
    if "booleans" in fields:
        fields["booleans"] = list(map(list, sorted(fields["booleans"].items())))
    if "skip_lines" in fields:
        fields["skip_lines"] = int(fields["skip_lines"])  # programs in other languages have no integers
    defaults = Format()._asdict()
    return {name: value for name, value in fields.items() if value not in (defaults[name], [])}


def _mistakes_of_encoding(name: str, characters: str) -> Iterator[str]:
    try:
        known = encoding(name)
    except LookupError:
        yield f"encoding {name!r} is not {ENCODINGS}"
        return
    for character in characters:
        try:
            character.encode(known.name)
        except UnicodeEncodeError:
            yield f"{character!r} is not a character of the encoding {name}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
