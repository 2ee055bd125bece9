"""`streams.<name>`: tables, which of their changes are archived, and which are mailed."""

from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field, ValidationInfo, field_validator

from infra import stream_defaults
from infra.filters import EventName
from infra.mail_rules import MailRule, mistakes
from infra.settings.mail_rules import MailRuleSettings
from infra.settings.section import Section
from infra.settings.types import AttributeName, TableName, each_once

if TYPE_CHECKING:  # settings are read without loading components
    from infra.stream_consumer import FeedArgs
    from infra.stream_pipeline import StreamTablesArgs
    from infra.table import Key, TableKeys


_FEED = frozenset(
    {
        *("batch_size", "batch_window_seconds", "parallelization_factor", "memory_mib", "timeout_seconds"),
        *("maximum_retry_attempts", "maximum_record_age_seconds"),
    }
)


class StreamSettings(Section):
    """`streams.<name>`: the tables, what is archived, what is mailed, and how the functions are invoked."""

    table_name: TableName | None = None
    """The name of the table that is made; without it the name is generated."""
    partition_key: AttributeName = "userId"
    """The partition key of the table that is made, a string."""
    sort_key: AttributeName | None = None
    """Its sort key, a string."""
    tables: Annotated[list[TableName], Field(max_length=10), each_once] = []
    """Existing tables to read, each with a stream of both images; then none is made."""
    archive: Annotated[list[EventName], each_once] = ["INSERT", "REMOVE"]
    """The kinds of changes that are archived in S3; with [] there is no archiver."""
    address_attribute: AttributeName = stream_defaults.ADDRESS_ATTRIBUTE
    """The attribute that holds the address, unless a rule names another."""
    name_attribute: AttributeName = stream_defaults.NAME_ATTRIBUTE
    """The attribute that holds the name that mails greet."""
    mails: list[MailRuleSettings] = []
    """Up to ten mail rules; each rule that matches a change sends a mail to each of its addresses. With [] there is no
    notifier.
    """
    maximum_retry_attempts: Annotated[int, Field(ge=0, le=10_000)] = stream_defaults.MAXIMUM_RETRY_ATTEMPTS
    """How often a failing record is retried, unless it gets too old first."""
    maximum_record_age_seconds: Annotated[int, Field(ge=60, le=86_400)] = stream_defaults.MAXIMUM_RECORD_AGE_SECONDS
    """How old a failing record may get while it is retried."""
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = stream_defaults.BATCH_SIZE
    """The most records of one invocation."""
    batch_window_seconds: Annotated[int, Field(ge=0, le=300)] = stream_defaults.BATCH_WINDOW_SECONDS
    """How long Lambda waits for a batch to fill."""
    parallelization_factor: Annotated[int, Field(ge=1, le=10)] = stream_defaults.PARALLELIZATION_FACTOR
    """How many batches of a shard run at once; changes of one key stay in order."""
    memory_mib: Annotated[int | None, Field(ge=128, le=10_240, alias="memoryMiB")] = None
    """The memory of each function; 256 by default."""
    timeout_seconds: Annotated[int | None, Field(ge=30, le=900)] = None
    """How long an invocation may take; by default 60 for the archiver and 300 for the notifier."""

    @property
    def rules(self) -> list[MailRule]:
        """The mail rules, as components take them."""
        return [mail.args() for mail in self.mails]

    def args(self) -> "StreamTablesArgs":
        """Returns the arguments of the table that is made."""
        return {"table_name": self.table_name, **self.keys}

    @property
    def keys(self) -> "TableKeys":
        """The keys of a table that is made."""
        sort_key: Key | None = {"name": self.sort_key} if self.sort_key else None
        return {"partition_key": {"name": self.partition_key}, "sort_key": sort_key}

    @property
    def named_tables(self) -> list[str]:
        """The tables that are named here: the existing ones, or the one that is made."""
        return self.tables or [name for name in [self.table_name] if name]

    @property
    def readers(self) -> int:
        """How many functions read each of its tables."""
        return bool(self.archive) + bool(self.mails)

    def feed_args(self, *, mails: bool) -> "FeedArgs":
        """Returns how one of its functions is fed with records, and its resources.

        Args:
            mails: Whether it mails: nobody is mailed about the past, so on existing tables it starts with the next
                change, otherwise with the oldest.
        """
        begins = "LATEST" if mails and self.tables else "TRIM_HORIZON"
        settings = {name: value for name, value in self if name in _FEED and value is not None}
        return cast("FeedArgs", {**settings, "starting_position": begins})

    @field_validator("mails")
    @classmethod
    def _together(cls, mails: list[MailRuleSettings], fields: ValidationInfo) -> list[MailRuleSettings]:
        keys = () if fields.data.get("tables") else [fields.data.get(name) for name in ("partition_key", "sort_key")]
        address = fields.data.get("address_attribute", stream_defaults.ADDRESS_ATTRIBUTE)
        if found := mistakes([mail.args() for mail in mails], address, [key for key in keys if key]):
            raise ValueError("; ".join(found))
        return mails

    @field_validator("tables")
    @classmethod
    def _made_or_given(cls, tables: list[str], fields: ValidationInfo) -> list[str]:
        if tables and fields.data.get("table_name"):
            raise ValueError("existing tables, or the tableName of a new one, not both")
        return tables

    @field_validator("sort_key")
    @classmethod
    def _another_key(cls, sort_key: str | None, fields: ValidationInfo) -> str | None:
        if sort_key is not None and sort_key == fields.data.get("partition_key"):
            raise ValueError("an attribute other than partitionKey")
        return sort_key
