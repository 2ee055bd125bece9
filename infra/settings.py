"""The settings of a stack: `Pulumi.<stack>.yaml`, keys `sluice:*`, validated as a whole before any resource exists.

Defaults that components have too are theirs. Every mistake is collected and named with its key, what was found and what
is allowed.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import pulumi
import pulumi.runtime.config
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from infra import import_defaults, mail_defaults, report_defaults, stream_defaults
from infra.filters import EventName
from infra.import_format import FormatArgs
from infra.import_format import mistakes as format_mistakes
from infra.operations import LOG_RETENTION_DAYS
from infra.setting_mistakes import mistakes
from infra.setting_types import (
    Address,
    AddressOrDomain,
    AttributeName,
    Character,
    Domain,
    EncodingName,
    FunctionName,
    IgnoredName,
    KmsKey,
    Prefix,
    Quote,
    Region,
    RetentionDays,
    ScheduleExpression,
    ShortText,
    TableName,
    each_once,
    each_recipient_once,
    groups_apart,
    matching,
    validate_together,
)

if TYPE_CHECKING:  # commands read settings and wait for no component
    from infra.import_pipeline import ImportPipelineArgs
    from infra.scheduled_reporter import ScheduledReporterArgs

_ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,15}")


_ColumnType = Literal["S", "N", "BOOL"]


class SettingsError(Exception):
    """One or more settings are wrong; the message names each with its key."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, strict=True)


class MailSettings(_Section):
    """`sluice:mail`: who mails are from, and who may get them."""

    sender: Address
    domain: Domain | None = None
    create_identity: bool = mail_defaults.CREATE_IDENTITY
    enabled: bool = mail_defaults.ENABLED
    only_to: Annotated[list[AddressOrDomain], each_recipient_once] = []

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
    watch: Annotated[list[AttributeName], Field(min_length=1), each_once] = ["email", "name"]
    archive: Annotated[list[EventName], Field(min_length=1), each_once] = ["INSERT", "REMOVE"]
    maximum_retry_attempts: Annotated[int, Field(ge=0, le=10_000)] = stream_defaults.MAXIMUM_RETRY_ATTEMPTS
    maximum_record_age_seconds: Annotated[int, Field(ge=60, le=86_400)] = stream_defaults.MAXIMUM_RECORD_AGE_SECONDS


class FormatSettings(_Section):
    """How files are written, where their names and their content do not tell."""

    type: Literal["auto", "csv", "tsv", "json", "jsonl", "dynamodb"] = "auto"
    delimiter: Character | None = None
    header: list[Annotated[str, Field(max_length=255)]] = []
    quote: Quote = '"'
    escape: Character | None = None
    nulls: list[ShortText] = []
    encoding: EncodingName = "utf-8"
    skip_lines: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    compression: Literal["auto", "none", "gzip", "zstd"] = "auto"
    wrapper: ShortText | None = None
    booleans: dict[ShortText, bool] = {}

    @model_validator(mode="after")
    def _possible(self) -> "FormatSettings":
        if found := "; ".join(format_mistakes(self.args())):
            raise ValueError(f"a format that files can have: {found}")
        return self

    def args(self) -> FormatArgs:
        """Returns the arguments of a pipeline: what is not as it is by itself."""
        return cast("FormatArgs", self.model_dump(exclude_defaults=True))


class ImportSettings(_Section):
    """`sluice:imports`: the table's keys, the types of columns, and how files are read."""

    partition_key: AttributeName = "id"
    sort_key: AttributeName | None = None
    columns: dict[AttributeName, _ColumnType] = {}
    ordered: bool = False
    chunk_mib: Annotated[int, Field(ge=1, le=1024, alias="chunkMiB")] = import_defaults.CHUNK_MIB
    timeout_seconds: Annotated[int, Field(ge=30, le=900)] = import_defaults.TIMEOUT_SECONDS
    maximum_concurrency: Annotated[int, Field(ge=2, le=1000)] = import_defaults.MAXIMUM_CONCURRENCY
    write_units_per_second: Annotated[int, Field(ge=0)] = import_defaults.WRITE_UNITS_PER_SECOND
    gzip_limit_mib: Annotated[int, Field(ge=1, alias="gzipLimitMiB")] = import_defaults.GZIP_LIMIT_MIB
    transform: FunctionName | None = None
    format: FormatSettings = FormatSettings()
    ignore: Annotated[list[IgnoredName], Field(max_length=50), each_once] = list(import_defaults.IGNORE)

    @field_validator("sort_key")
    @classmethod
    def _another_key(cls, sort_key: str | None, fields: ValidationInfo) -> str | None:
        if sort_key is not None and sort_key == fields.data.get("partition_key"):
            raise ValueError("another attribute than partitionKey")
        return sort_key

    @field_validator("write_units_per_second")
    @classmethod
    def _a_unit_a_worker(cls, limit: int, fields: ValidationInfo) -> int:
        workers = fields.data.get("maximum_concurrency")
        if workers and (mistake := import_defaults.limit_mistake(limit, workers)):
            raise ValueError(mistake)
        return limit

    @field_validator("columns", mode="wrap")
    @classmethod
    def _types_of_keys(
        cls, columns: Any, validate: ValidatorFunctionWrapHandler, fields: ValidationInfo
    ) -> dict[str, _ColumnType]:
        keys = {fields.data.get("partition_key"), fields.data.get("sort_key")}
        types = columns.items() if isinstance(columns, dict) else ()
        wrong = sorted(str(name) for name, kind in types if name in keys and kind == "BOOL")
        mistakes = [f"S or N for {' and '.join(wrong)}, which the table has as key"] if wrong else []
        return validate_together(columns, validate, mistakes)

    @field_validator("format")
    @classmethod
    def _keys_in_the_header(cls, format_: FormatSettings, fields: ValidationInfo) -> FormatSettings:
        keys = [fields.data.get("partition_key"), fields.data.get("sort_key")]
        missing = [key for key in keys if key and key not in map(str.strip, format_.header)]
        if format_.header and missing and not fields.data.get("transform"):
            raise ValueError(f"a header with {' and '.join(missing)}, which the table has as key")
        return format_

    def args(self) -> "ImportPipelineArgs":
        """Returns the arguments of a pipeline: the settings under their names, keys and columns with their types."""
        columns = {name: {"type": kind} for name, kind in self.columns.items()}
        keys = {"partition_key": self._key(self.partition_key), "sort_key": self.sort_key and self._key(self.sort_key)}
        return cast("ImportPipelineArgs", {**dict(self), "columns": columns, "format": self.format.args(), **keys})

    def _key(self, name: str) -> dict[str, str]:
        """Returns a key attribute and its type: its column's, a string where that is not named."""
        return {"name": name, "type": "N" if self.columns.get(name) == "N" else "S"}


class ReportGroup(_Section):
    """One group of tables that a report counts."""

    name: Annotated[str, matching(re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}"), "1 to 16 letters and digits")]
    prefix: Prefix
    label: Annotated[str, Field(min_length=1, max_length=80)]


class ReportSettings(_Section):
    """`sluice:reports`: which tables are counted, how often, for whom, and how much a run may read."""

    groups: Annotated[list[ReportGroup], Field(min_length=1, max_length=20), groups_apart] = [
        ReportGroup(name="RA", prefix="RA_", label="Augmented Reality"),
        ReportGroup(name="VR", prefix="VR_", label="Virtual Reality"),
    ]
    every: ScheduleExpression = "rate(5 minutes)"
    recipients: Annotated[list[Address], Field(min_length=1, max_length=50), each_recipient_once]
    name_attribute: AttributeName = report_defaults.NAME_ATTRIBUTE
    date_attribute: AttributeName = report_defaults.DATE_ATTRIBUTE
    read_units: Annotated[int, Field(ge=1)] = report_defaults.READ_UNITS
    items_per_table: Annotated[int, Field(ge=0, le=10_000)] = report_defaults.ITEMS_PER_TABLE
    history_days: Annotated[int, Field(ge=1, le=3650)] = report_defaults.HISTORY_DAYS
    kms_keys: Annotated[list[KmsKey], Field(max_length=20)] = []

    def args(self, environment: str) -> "ScheduledReporterArgs":
        """Returns the arguments of a reporter: the settings under their names, and the names of totals tables.

        Those have the environment where others may be.
        """
        suffix = "" if environment in ("local", "prod") else f"_{environment}"
        groups = [{**dict(group), "totals_table_name": f"{group.prefix}totales{suffix}"} for group in self.groups]
        return cast("ScheduledReporterArgs", {**dict(self), "groups": groups, "environment": environment})


class OperationsSettings(_Section):
    """`sluice:operations`: how the stack is watched, kept and paid for."""

    alarm_emails: Annotated[list[Address], each_recipient_once] = []
    log_retention_days: RetentionDays = LOG_RETENTION_DAYS
    protect: bool = False
    tracing: bool = False
    owner: Annotated[
        str,
        matching(re.compile(r"[\w .:/=+@-]{1,128}"), "up to 128 of letters, digits, spaces and . : / = + @ - _"),
    ] = "unowned"


class Settings(_Section):
    """All settings of one stack."""

    environment: Annotated[
        str,
        matching(
            _ENVIRONMENT,
            "a stack name of up to 16 of a-z 0-9 -, starting with a letter: names of resources carry it",
        ),
    ]
    region: Region
    mail: MailSettings
    stream: StreamSettings
    imports: ImportSettings
    reports: ReportSettings
    operations: OperationsSettings


_SECTIONS = ("mail", "stream", "imports", "reports", "operations")


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
    sections = {section: _parsed(config.get(f"sluice:{section}")) for section in _SECTIONS}
    region = {"region": config["aws:region"]} if "aws:region" in config else {}
    try:
        settings = Settings.model_validate({"environment": stack, **region, **sections})
    except ValidationError as error:
        problems += mistakes(error, Settings)
    else:
        if not problems:
            return settings
    count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    lines = "\n".join(f"  {problem}" for problem in problems)
    raise SettingsError(f"the settings of stack {stack} have {count}:\n{lines}")


def load_stack() -> Settings:
    """Returns the settings of the stack that is being deployed.

    Raises:
        pulumi.RunError: with every mistake; Pulumi shows it without a traceback.
    """
    config = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    try:
        return load(config, pulumi.get_stack())
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _parsed(value: Any) -> Any:
    """Returns a section's value: Pulumi hands objects over as JSON; what is none stays as it is, to be refused."""
    if value is None:
        return {}
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
