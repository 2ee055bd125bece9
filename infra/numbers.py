"""Values of settings as DynamoDB stores them: numbers exact, of at most 38 digits, written without an exponent."""

from decimal import Context, Decimal
from typing import Any

_DIGITS = 38
_SMALLEST, _LARGEST = -130, 125
_EXACT = Context(prec=1000)


def decimal_of(number: Any) -> Decimal:
    """Returns a number as it was written: 0.1 is exactly a tenth, not the nearest float.

    Raises:
        ValueError: DynamoDB has no such number.
    """
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise ValueError(f"{number!r} is not a number")
    made = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not made.is_finite() or (made and not _SMALLEST <= made.adjusted() <= _LARGEST):
        raise ValueError(f"{number!r} is not a number that DynamoDB can store")
    made = made.normalize(_EXACT)
    if len(made.as_tuple().digits) > _DIGITS:
        raise ValueError(f"{number!r} has more than the {_DIGITS} digits that DynamoDB keeps")
    return made if made else Decimal(0)


def plain_text(number: Decimal) -> str:
    """Returns the text of a number as it is in streams."""
    return format(number, "f")


def attribute_value(value: Any) -> dict[str, Any]:
    """Returns a text, a number, a boolean or None as DynamoDB stores it.

    Raises:
        ValueError: DynamoDB has no such number.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": value} if isinstance(value, str) else {"N": plain_text(decimal_of(value))}
