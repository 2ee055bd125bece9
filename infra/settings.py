"""The settings of a stack: `Pulumi.<stack>.yaml`, keys `sluice:*`, validated as a whole before any resource exists.

Defaults live here. Every mistake is collected and named with its key, what was found and what is allowed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pulumi
import pulumi.runtime.config
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

if TYPE_CHECKING:
    from infra.table import Key

_ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,15}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@((?!-)[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_DOMAIN = re.compile(r"((?!-)[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_SCHEDULE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\(\S+( \S+){5}\)")
_LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


class SettingsError(Exception):
    """One or more settings are wrong; the message names each with its key."""


def _matching(pattern: re.Pattern[str], allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


def _retention(days: int) -> int:
    if days not in _LOG_RETENTION_DAYS:
        raise ValueError(f"one of {', '.join(map(str, _LOG_RETENTION_DAYS))} (what CloudWatch Logs offers)")
    return days


def _schedule(expression: str) -> str:
    if not _SCHEDULE.fullmatch(expression):
        raise ValueError("an EventBridge schedule such as rate(5 minutes) or cron(0 8 * * ? *)")
    return expression


Address = Annotated[str, _matching(_ADDRESS, "an e-mail address such as team@example.com")]
Domain = Annotated[str, _matching(_DOMAIN, "a domain such as example.com")]
AddressOrDomain = Annotated[
    str, _matching(re.compile(f"{_ADDRESS.pattern}|{_DOMAIN.pattern}"), "an e-mail address or a domain")
]
TableName = Annotated[str, _matching(re.compile(r"[A-Za-z0-9_.-]{3,255}"), "3 to 255 of A-Z a-z 0-9 _ . -")]
Prefix = Annotated[str, _matching(re.compile(r"[A-Za-z0-9_.-]{1,64}"), "1 to 64 of A-Z a-z 0-9 _ . -")]
AttributeName = Annotated[str, Field(min_length=1, max_length=255)]
EventName = Literal["INSERT", "MODIFY", "REMOVE"]
ColumnType = Literal["S", "N", "BOOL"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, strict=True)


class MailSettings(_Section):
    """`sluice:mail`: who mails are from, and who may get them."""

    sender: Address
    domain: Domain | None = None
    create_identity: bool = True
    enabled: bool = True
    only_to: list[AddressOrDomain] = []

    @field_validator("domain")
    @classmethod
    def _domain_of_the_sender(cls, domain: str | None, fields: ValidationInfo) -> str | None:
        sender = fields.data.get("sender")
        if domain and sender and sender.rpartition("@")[2].lower() != domain.lower():
            raise ValueError(f"the domain of the sender {sender}, or none")
        return domain


class StreamSettings(_Section):
    """`sluice:stream`: the table, what is archived, what is mailed, and how long a failing record is tried."""

    table_name: TableName | None = None
    partition_key: AttributeName = "userId"
    watch: list[AttributeName] = ["email", "name"]
    archive: Annotated[list[EventName], Field(min_length=1)] = ["INSERT", "REMOVE"]
    maximum_retry_attempts: Annotated[int, Field(ge=0, le=10_000)] = 10
    maximum_record_age_seconds: Annotated[int, Field(ge=60, le=86_400)] = 21_600


class ImportSettings(_Section):
    """`sluice:imports`: the table's keys, the types of columns, and how files are read."""

    partition_key: AttributeName = "id"
    sort_key: AttributeName | None = None
    columns: dict[AttributeName, ColumnType] = {}
    ordered: bool = False
    chunk_mib: Annotated[int, Field(ge=1, le=1024, alias="chunkMiB")] = 32
    timeout_seconds: Annotated[int, Field(ge=30, le=900)] = 120
    maximum_concurrency: Annotated[int, Field(ge=2, le=1000)] = 10
    gzip_limit_mib: Annotated[int, Field(ge=1, alias="gzipLimitMiB")] = 102_400

    @field_validator("sort_key")
    @classmethod
    def _another_key(cls, sort_key: str | None, fields: ValidationInfo) -> str | None:
        if sort_key is not None and sort_key == fields.data.get("partition_key"):
            raise ValueError("another attribute than partitionKey")
        return sort_key

    @field_validator("columns")
    @classmethod
    def _types_of_keys(cls, columns: dict[str, ColumnType], fields: ValidationInfo) -> dict[str, ColumnType]:
        keys = {fields.data.get("partition_key"), fields.data.get("sort_key")}
        wrong = sorted(name for name, kind in columns.items() if name in keys and kind == "BOOL")
        if wrong:
            raise ValueError(f"S or N for {' and '.join(wrong)}, which the table has as key")
        return columns

    def key(self, name: str) -> "Key":
        """A key attribute and its type: its column's, a string where that is not named."""
        return {"name": name, "type": "N" if self.columns.get(name) == "N" else "S"}


class ReportGroup(_Section):
    """One group of tables that a report counts."""

    name: Annotated[str, _matching(re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}"), "1 to 16 letters and digits")]
    prefix: Prefix
    label: Annotated[str, Field(min_length=1, max_length=80)]


def _distinct(groups: list[ReportGroup]) -> list[ReportGroup]:
    pairs = list(combinations(groups, 2))
    mistakes = [
        f"another name than {one.name} for one of two groups"
        for one, other in pairs
        if one.name.lower() == other.name.lower()  # names of resources are in lower case
    ]
    mistakes += [
        f"prefixes that do not overlap: tables of {one.prefix} and {other.prefix} would count twice"
        for one, other in pairs
        if one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    ]
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return groups


class ReportSettings(_Section):
    """`sluice:reports`: which tables are counted, how often, for whom, and how much a run may read."""

    groups: Annotated[list[ReportGroup], Field(min_length=1, max_length=20), AfterValidator(_distinct)] = [
        ReportGroup(name="RA", prefix="RA_", label="Augmented Reality"),
        ReportGroup(name="VR", prefix="VR_", label="Virtual Reality"),
    ]
    every: Annotated[str, AfterValidator(_schedule)] = "rate(5 minutes)"
    recipients: Annotated[list[Address], Field(min_length=1, max_length=50)]
    name_attribute: AttributeName = "name"
    date_attribute: AttributeName = "date"
    read_units: Annotated[int, Field(ge=1)] = 20_000
    items_per_table: Annotated[int, Field(ge=0, le=10_000)] = 200
    history_days: Annotated[int, Field(ge=1, le=3650)] = 400


class OperationsSettings(_Section):
    """`sluice:operations`: how the stack is watched, kept and paid for."""

    alarm_emails: list[Address] = []
    log_retention_days: Annotated[int, AfterValidator(_retention)] = 30
    protect: bool = False
    tracing: bool = False
    owner: Annotated[
        str,
        _matching(re.compile(r"[\w .:/=+@-]{1,128}"), "up to 128 of letters, digits, spaces and . : / = + @ - _"),
    ] = "unowned"


class Settings(_Section):
    """All settings of one stack."""

    environment: Annotated[
        str,
        _matching(
            _ENVIRONMENT,
            "a stack name of up to 16 of a-z 0-9 -, starting with a letter: names of resources carry it",
        ),
    ]
    region: Annotated[str, _matching(_REGION, "an AWS region such as eu-north-1")]
    mail: MailSettings
    stream: StreamSettings
    imports: ImportSettings
    reports: ReportSettings
    operations: OperationsSettings

    def totals_table_name(self, group: ReportGroup) -> str:
        """The contract's name of a group's totals table; it has the environment where others may lie beside it."""
        suffix = "" if self.environment in ("local", "prod") else f"_{self.environment}"
        return f"{group.prefix}totales{suffix}"


_MODELS: dict[str, type[_Section]] = {
    "mail": MailSettings,
    "stream": StreamSettings,
    "imports": ImportSettings,
    "reports": ReportSettings,
    "operations": OperationsSettings,
}
_SECTIONS = tuple(_MODELS)


def load(config: Mapping[str, Any], stack: str) -> Settings:
    """Validates the whole configuration of a stack.

    Args:
        config: the stack's configuration as Pulumi hands it over: `namespace:key` -> text, objects as JSON.
        stack: the stack's name, which is the environment's.

    Raises:
        SettingsError: with every mistake, each named with its key.
    """
    problems = [
        f"{key}: unknown; allowed: {', '.join(f'sluice:{section}' for section in _SECTIONS)}"
        for key in config
        if key.startswith("sluice:") and key.removeprefix("sluice:") not in _SECTIONS
    ]
    given = {section: _parsed(config.get(f"sluice:{section}")) for section in _SECTIONS}
    region = {"region": config["aws:region"]} if "aws:region" in config else {}
    try:
        settings = Settings.model_validate({"environment": stack, **region, **given})
    except ValidationError as error:
        problems += _problems(error)
    else:
        if not problems:
            return settings
    lines = "\n".join(f"  {problem}" for problem in problems)
    raise SettingsError(f"the settings of stack {stack} have {_count(len(problems))}:\n{lines}")


def load_stack() -> Settings:
    """The settings of the stack that is being deployed.

    Raises:
        pulumi.RunError: with every mistake; Pulumi shows it without a traceback.
    """
    config = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    try:
        return load(config, pulumi.get_stack())
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _parsed(value: Any) -> Any:
    """A section's value: Pulumi hands objects over as JSON text; what is none stays as it is, to be refused."""
    if value is None:
        return {}
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _problems(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_url=False):
        key = _key(mistake["loc"])
        if mistake["type"] == "missing":
            yield f"{key}: missing; it has no default"
        elif mistake["type"] == "extra_forbidden":
            yield f"{key}: unknown; allowed: {', '.join(_names(mistake['loc']))}"
        else:
            yield f"{key}: found {_shown(mistake['input'])}; allowed: {_allowed(mistake)}"


def _allowed(mistake: ErrorDetails) -> str:
    if mistake["type"] == "too_short":
        return "at least one"
    if mistake["type"] == "string_too_short":
        return "a text that is not empty"
    if mistake["type"] == "model_type":
        return f"an object of {', '.join(_names(mistake['loc']))}"
    return mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _names(location: tuple[int | str, ...]) -> list[str]:
    """The names of the fields that an object at this place, or around it, has."""
    model = ReportGroup if "groups" in location else _MODELS[str(location[0])]
    return [field.alias or name for name, field in model.model_fields.items()]


def _key(location: tuple[int | str, ...]) -> str:
    section, *rest = location
    if section == "region":
        return "aws:region"
    prefix = f"sluice:{section}" if section in _SECTIONS else str(section)
    return prefix + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)


def _count(mistakes: int) -> str:
    return "a mistake" if mistakes == 1 else f"{mistakes} mistakes"
