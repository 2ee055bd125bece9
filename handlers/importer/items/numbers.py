"""Numbers as DynamoDB keeps them: exact, up to 38 digits, from 1e-130 to 9.99...e125; never through a float.

The rules:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

import re
from collections.abc import Sequence

from handlers.importer.errors import RowError

_PLAIN = r"-?+(?:[1-9][0-9]{0,18}+(?:\.[0-9]{1,19}+|[0-9]{1,19}+)?+|0(?:\.[0-9]{1,19}+)?+)"
"""A text that DynamoDB takes as a number as it is; there are others.

There is nothing to go back to (`+` behind a quantifier), which with `written_as_numbers` pays 2 % of an import.
`test_the_pattern_of_plain_numbers_says_what_a_plain_one_says` holds it.
"""
WRITTEN_AS_JSON = r"0|-?(?:[1-9][0-9]{0,18}+(?:\.[0-9]{1,19}+)?+|0\.[0-9]{1,19}+)"
"""Of those the ones that JSON has too, and that are written as Python writes them: `-0` is `0` there."""
_written_as_number = re.compile(_PLAIN).fullmatch
_lines_of_numbers = re.compile(rf"(?:{_PLAIN}\n)*+").fullmatch
_NUMBER = re.compile(r"([-+]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?)0*([0-9]+))?").fullmatch
_DIGITS = 38
_SMALLEST, _LARGEST = -130, 125


class Number(str):
    """The digits of a number, as JSON has them."""

    __slots__ = ()


def written_as_numbers(texts: Sequence[str]) -> bool:
    """Whether DynamoDB takes each of the texts as a number as it is; False says nothing about any of them."""
    lines = "\n".join([*texts, ""])
    return lines.count("\n") == len(texts) and _lines_of_numbers(lines) is not None


def number(text: str) -> str:
    """The number as DynamoDB accepts it: as written if that is plain, else without what carries no value.

    Raises:
        RowError: it is not a number, or one that DynamoDB cannot keep exactly.
    """
    return text if _written_as_number(text) else canonical(text)


def canonical(text: str) -> str:
    """The same text for equal numbers: `1`, `1.0` and `10e-1` are one key in DynamoDB.

    Raises:
        RowError: see `number`.
    """
    match = _NUMBER(text.strip(" \t"))
    sign, whole, fraction, direction, exponent = match.groups("") if match else [""] * 5
    if not whole and not fraction:
        raise RowError(f"{_shown(text)} is not a number")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    if len(significant) > _DIGITS:
        raise RowError(f"{_shown(text)} has {len(significant)} digits, DynamoDB keeps {_DIGITS}")
    # An exponent of more digits than this is out of range whatever precedes it, and slow to compute with.
    power = int(exponent or 0) if len(exponent) < 20 else 10**20
    power = -power if direction == "-" else power
    last = power - len(fraction) + len(digits) - len(significant)
    if not _SMALLEST <= last + len(significant) - 1 <= _LARGEST:
        raise RowError(f"{_shown(text)} is out of DynamoDB's range of 1e{_SMALLEST} to 1e{_LARGEST + 1}")
    return f"{sign.strip('+')}{significant}" + (f"e{last}" if last else "")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
