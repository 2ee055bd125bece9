"""How the files of an import are written: for the component and settings.

A module of its own, because commands read settings and wait for no component of pulumi-aws to be loaded.
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
    """How files are written; what is left out, a file's name and content tell."""

    type: NotRequired[str]
    """`csv`, `tsv`, `json`, `jsonl` or `dynamodb` whatever the name; `auto`, a file's name tells, by default."""
    delimiter: NotRequired[str]
    """Of CSV files; one character; a comma, in TSV files a tab, by default."""
    header: NotRequired[Sequence[str]]
    """The columns of CSV files that have no header row; by default the first row names them."""
    quote: NotRequired[str]
    """Of CSV files; one character, or `none`: quotes are text; `"` by default."""
    escape: NotRequired[str]
    """Of CSV files; one character, a backslash nearly always; none by default."""
    nulls: NotRequired[Sequence[str]]
    r"""What CSV cells hold where there is no value, such as `\N`; an empty cell never has one; nothing
    else by default."""
    encoding: NotRequired[str]
    """Any of texts that Python knows; UTF-8 by default. A mark at a file's beginning goes before it."""
    skip_lines: NotRequired[int]
    """How many lines come before the header of CSV files; 0 by default."""
    compression: NotRequired[str]
    """`none`, `gzip` or `zstd`; `auto`, name and content tell, by default."""
    wrapper: NotRequired[str]
    """The member that the rows of JSON files lie in, beside `Items`; none by default."""
    booleans: NotRequired[Mapping[str, bool]]
    """What CSV cells of type BOOL hold, in any case, and its meaning; `true` `false` `1` `0` by default."""


def mistakes(args: FormatArgs) -> Iterator[str]:
    """Gives what no file could be, or what contradicts itself: each as what is allowed instead."""
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
        ("wrapper", ("auto", "json", "dynamodb"), "JSON files that are no lines"),
    ):
        if name in fields and type_ not in types:
            yield f"{_camel(name)} is of {where} alone, type is {type_}"
    names = Counter(name.strip() for name in format_.header if name.strip())
    yield from (f"header has {name!r} {count} times" for name, count in names.items() if count > 1)
    meanings = Counter(text.strip().lower() for text, _ in format_.booleans)
    yield from (f"booleans have {text!r} {count} times" for text, count in meanings.items() if count > 1)
    if "" in meanings:
        yield "booleans have an empty text, which is no value"


def checked_fields(args: FormatArgs) -> dict[str, Any]:
    """Returns what is set, as the importer's `reading.format.Format` has it.

    Raises:
        ValueError: no file could be written so.
    """
    if found := list(mistakes(args)):
        raise ValueError(f"format: {'; '.join(found)}")
    return _fields(args)


def _fields(args: FormatArgs) -> dict[str, Any]:
    """The fields of `Format` that are not as they are by themselves."""
    fields: dict[str, Any] = {name: value for name, value in args.items() if value is not None}
    if fields.get("quote") == NO_QUOTE:
        fields["quote"] = ""
    for name in ("header", "nulls"):
        if name in fields:
            fields[name] = list(fields[name])
    if "booleans" in fields:
        fields["booleans"] = list(map(list, sorted(fields["booleans"].items())))
    if "skip_lines" in fields:
        fields["skip_lines"] = int(fields["skip_lines"])  # programs in other languages know no integers
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
            yield f"{character!r} is no character of the encoding {name}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
