"""Numbers as DynamoDB keeps them: exact, up to 38 digits, from 1e-130 to 9.99...e125; never through a float.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

import re
from collections.abc import Sequence

from handlers.importer.errors import RowError

_PLAIN = r"-?+(?:[1-9][0-9]{0,18}+(?:\.[0-9]{1,19}+|[0-9]{1,19}+)?+|0(?:\.[0-9]{1,19}+)?+)"
"""Most of the texts that DynamoDB accepts unchanged as numbers.

Matching never backtracks (`+` after a quantifier), which with `written_as_numbers` saves 2 % of an import.
`test_the_pattern_of_plain_numbers_says_what_a_plain_one_says` checks it.
"""
WRITTEN_AS_JSON = r"0|-?(?:[1-9][0-9]{0,18}+(?:\.[0-9]{1,19}+)?+|0\.[0-9]{1,19}+)"
"""Those of them that are also JSON, and written as Python writes them: `-0` is `0` there."""
_written_as_number = re.compile(_PLAIN).fullmatch
_lines_of_numbers = re.compile(rf"(?:{_PLAIN}\n)*+").fullmatch
_NUMBER = re.compile(r"([-+]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?)0*([0-9]+))?").fullmatch
_DIGITS = 38
_SMALLEST, _LARGEST = -130, 125


class Number(str):
    """A number as written in JSON."""

    __slots__ = ()


def written_as_numbers(texts: Sequence[str]) -> bool:
    """Whether DynamoDB surely accepts all of the texts unchanged as numbers."""
    lines = "\n".join([*texts, ""])
    return lines.count("\n") == len(texts) and _lines_of_numbers(lines) is not None


def number(text: str) -> str:
    """The number as DynamoDB accepts it: as written if that is plain, else canonical.

    Raises:
        RowError: it is not a number, or DynamoDB cannot keep it exactly.
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
    # A longer exponent is always out of range, and slow to compute with.
    power = int(exponent or 0) if len(exponent) < 20 else 10**20
    power = -power if direction == "-" else power
    last = power - len(fraction) + len(digits) - len(significant)
    if not _SMALLEST <= last + len(significant) - 1 <= _LARGEST:
        raise RowError(f"{_shown(text)} is out of DynamoDB's range of 1e{_SMALLEST} to 1e{_LARGEST + 1}")
    return f"{sign.strip('+')}{significant}" + (f"e{last}" if last else "")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
