"""Types of single settings: addresses, names, schedules, regions; and checks of lists as a whole."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

import pulumi_aws as aws
from pydantic import AfterValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import InitErrorDetails, PydanticCustomError

from handlers.importer.reading.encodings import encoding
from handlers.shared.recipients import UnusableAddressError, deliverable, domain
from infra.import_defaults import ALLOWED_PREFIXES, keeps_rejects_apart
from infra.import_format import ENCODINGS
from infra.report_defaults import group_mistakes
from sluice.schedules import Expression

_REGIONS = tuple(sorted(region.value for region in aws.Region))
_LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096),
    *(1827, 2192, 2557, 2922, 3288, 3653),
)


def satisfying(holds: Callable[[str], object], allowed: str) -> AfterValidator:
    """Returns the check that a condition holds for a text; `allowed` describes the condition in words."""

    def check(value: str) -> str:
        if not holds(value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


def matching(pattern: re.Pattern[str], allowed: str) -> AfterValidator:
    """Returns the check that a text matches a pattern; `allowed` describes the pattern in words."""
    return satisfying(pattern.fullmatch, allowed)


def validate_together(value: Any, validate: Callable[[Any], Any], mistakes: Sequence[str]) -> Any:
    """Returns a value validated by its parts' own checks, unless it has mistakes as a whole.

    Both kinds of mistakes are reported together, so that fixing the parts does not reveal others.

    Raises:
        ValueError: The value as a whole is wrong.
        ValidationError: A part of it is wrong; the error names both kinds.
    """
    try:
        result = validate(value)
    except ValidationError as error:
        if not mistakes:
            raise
        parts: list[InitErrorDetails] = [
            {"type": part["type"], "loc": part["loc"], "input": part["input"], "ctx": part.get("ctx", {})}
            for part in error.errors(include_url=False)
        ]
        text = PydanticCustomError("whole", "{text}", {"text": "; ".join(mistakes)})
        whole: InitErrorDetails = {"type": text, "input": value}
        raise ValidationError.from_exception_data(error.title, [*parts, whole]) from None
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return result


def _once(same: Callable[[str], str]) -> WrapValidator:
    """Returns the check that a list has no duplicates; `same` normalizes texts that mean the same."""

    def check(values: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        counts = Counter(same(value) for value in values if isinstance(value, str)) if isinstance(values, list) else {}
        mistakes = [f"{value} once, not {count} times" for value, count in counts.items() if count > 1]
        return validate_together(values, validate, mistakes)

    return WrapValidator(check)


def _recipient(text: str) -> str:
    """Returns an address or domain normalized to compare with others: a domain has no case."""
    local, at, host = text.strip().rpartition("@")
    return f"{local}{at}{host.lower()}"


each_once = _once(str)
each_recipient_once = _once(_recipient)


def _apart(groups: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Refuses groups that cannot be counted side by side; they are compared even if there are other mistakes."""
    objects = [group for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    return validate_together(groups, validate, group_mistakes(_texts(objects, "name"), _texts(objects, "prefix")))


def _texts(groups: list[dict[str, Any]], field: str) -> list[str]:
    return [group[field] for group in groups if isinstance(group.get(field), str) and group[field]]


groups_apart = WrapValidator(_apart)


def _retention(days: int) -> int:
    if days not in _LOG_RETENTION_DAYS:
        raise ValueError(f"one of {', '.join(map(str, _LOG_RETENTION_DAYS))} (what CloudWatch Logs offers)")
    return days


def _schedule(expression: str) -> str:
    try:
        Expression.parse(expression)
    except ValueError as error:
        allowed = "an EventBridge schedule such as rate(5 minutes) or cron(0 8 * * ? *), in UTC"
        raise ValueError(allowed if "is not a schedule" in str(error) else f"{allowed}: {error}") from None
    return expression


def _region(name: str) -> str:
    if name not in _REGIONS:
        near = get_close_matches(name, _REGIONS, n=1)
        raise ValueError(f"an AWS region such as {near[0] if near else 'eu-north-1'}")
    return name


def _encoding(name: str) -> str:
    try:
        encoding(name)
    except LookupError:
        raise ValueError(ENCODINGS) from None
    return name


def _usable(convert: Callable[[str], str], allowed: str) -> AfterValidator:
    """Returns the check that the functions will accept a text; it returns the text as they normalize it."""

    def check(value: str) -> str:
        try:
            return convert(value)
        except UnusableAddressError:
            raise ValueError(allowed) from None

    return AfterValidator(check)


def _apart_from_rejects(prefix: str) -> str:
    if not keeps_rejects_apart(prefix):
        raise ValueError(f"{ALLOWED_PREFIXES}: the import would import its own rejects, endlessly")
    return prefix


def _address_or_domain(text: str) -> str:
    return deliverable(text) if "@" in text else domain(text)


Address = Annotated[str, _usable(deliverable, "an e-mail address such as team@example.com")]
Character = Annotated[str, matching(re.compile(r"[^\r\n\0]"), "one character, and no line end")]
BucketName = Annotated[
    str,
    matching(
        re.compile(
            r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
            r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)",
            re.ASCII,
        ),
        "the name of a general purpose bucket: 3 to 63 of a-z 0-9 . -, as S3 requires",
    ),
]
Domain = Annotated[str, _usable(domain, "a domain such as example.com")]
AddressOrDomain = Annotated[str, _usable(_address_or_domain, "an e-mail address or a domain")]
AttributeName = Annotated[str, Field(min_length=1, max_length=255)]
EncodingName = Annotated[str, AfterValidator(_encoding)]
FunctionName = Annotated[
    str,
    matching(
        re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+:[A-Za-z_]\w*", re.ASCII),
        "a function in a module of a package: package.module:function",
    ),
]
HostedZone = Annotated[
    str,
    matching(re.compile(r"(Z[A-Z0-9]{1,31})?"), "the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ"),
]
IgnoredName = Annotated[
    str,
    matching(
        re.compile(r"[^/]{1,100}/?"),
        "a name of 1 to 100 characters, with * ? [...] as in shells, and a slash at its end for a folder",
    ),
]
ImportPrefix = Annotated[
    str,
    matching(
        re.compile(r"[A-Za-z0-9!_.'()=+,@:& /-]{0,255}"),  # IAM treats * ? $ as patterns, and allows no other scripts
        "up to 255 of A-Z a-z 0-9 ! _ . ' ( ) = + , @ : & / - and blanks",
    ),
    AfterValidator(_apart_from_rejects),
]
KmsKey = Annotated[
    str,
    matching(
        re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}"),
        "the ARN of a KMS key, such as arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab "
        "(for an alias, the ARN of its key)",
    ),
]
Prefix = Annotated[str, matching(re.compile(r"[A-Za-z0-9_.-]{1,64}"), "1 to 64 of A-Z a-z 0-9 _ . -")]
Quote = Annotated[str, matching(re.compile(r"[^\r\n\0]|none"), "one character and no line end, or none")]
Region = Annotated[str, AfterValidator(_region)]
RetentionDays = Annotated[int, AfterValidator(_retention)]
ScheduleExpression = Annotated[str, AfterValidator(_schedule)]
ShortText = Annotated[str, Field(min_length=1, max_length=255)]
TableName = Annotated[str, matching(re.compile(r"[A-Za-z0-9_.-]{3,255}"), "3 to 255 of A-Z a-z 0-9 _ . -")]
