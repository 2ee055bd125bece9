"""`streams.<name>`: tables, what of their changes is archived, and what is mailed."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra import stream_defaults
from infra.filters import EventName
from infra.mail_rules import MailRule, mistakes
from infra.settings.mail_rules import MailRuleSettings
from infra.settings.section import Section
from infra.settings.types import AttributeName, TableName, each_once

if TYPE_CHECKING:  # settings are read without waiting for a component
    from infra.stream_consumer import MappingArgs
    from infra.stream_pipeline import StreamTablesArgs
    from infra.table import Key, TableKeys


class StreamSettings(Section):
    """`streams.<name>`: the table, what is archived, what is mailed, and how long a failing record is tried."""

    table_name: TableName | None = None
    partition_key: AttributeName = "userId"
    sort_key: AttributeName | None = None
    tables: Annotated[list[TableName], Field(max_length=10), each_once] = []
    archive: Annotated[list[EventName], each_once] = ["INSERT", "REMOVE"]
    address_attribute: AttributeName = stream_defaults.ADDRESS_ATTRIBUTE
    name_attribute: AttributeName = stream_defaults.NAME_ATTRIBUTE
    mails: list[MailRuleSettings] = []
    maximum_retry_attempts: Annotated[int, Field(ge=0, le=10_000)] = stream_defaults.MAXIMUM_RETRY_ATTEMPTS
    maximum_record_age_seconds: Annotated[int, Field(ge=60, le=86_400)] = stream_defaults.MAXIMUM_RECORD_AGE_SECONDS

    @property
    def rules(self) -> list[MailRule]:
        """The rules of mail, as components take them."""
        return [mail.args() for mail in self.mails]

    def args(self) -> "StreamTablesArgs":
        """Returns the table that is made."""
        return {"table_name": self.table_name, **self.keys}

    @property
    def keys(self) -> "TableKeys":
        """The keys of a table that is made."""
        sort_key: Key | None = {"name": self.sort_key} if self.sort_key else None
        return {"partition_key": {"name": self.partition_key}, "sort_key": sort_key}

    def mapping_args(self) -> "MappingArgs":
        """Returns how its functions are fed."""
        return {
            "maximum_retry_attempts": self.maximum_retry_attempts,
            "maximum_record_age_seconds": self.maximum_record_age_seconds,
        }

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
            raise ValueError("tables that exist, or the tableName of one to make, not both")
        return tables

    @field_validator("sort_key")
    @classmethod
    def _another_key(cls, sort_key: str | None, fields: ValidationInfo) -> str | None:
        if sort_key is not None and sort_key == fields.data.get("partition_key"):
            raise ValueError("another attribute than partitionKey")
        return sort_key
