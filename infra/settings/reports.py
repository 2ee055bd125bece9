"""`reports.<name>`: which tables are counted, how often, for whom, and how much a run may read."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, ValidationInfo, field_validator

from infra import report_defaults
from infra.report_defaults import ReportMail
from infra.settings.section import Section
from infra.settings.types import (
    Address,
    AttributeName,
    KmsKey,
    Prefix,
    ScheduleExpression,
    each_recipient_once,
    groups_apart,
    matching,
)

if TYPE_CHECKING:  # settings are read without loading components
    from infra.report_group import ExpectationArgs
    from infra.scheduled_reporter import ScheduledReporterArgs
    from infra.sending import Sending


_Items = Annotated[int, Field(ge=0)]
_Percentage = Annotated[
    str, matching(re.compile(r"(0|[1-9][0-9]{0,3})%", re.ASCII), "a whole percentage below 10000%, such as 20%")
]


class ReportExpectation(Section):
    """What is expected of a group's total; a report shows a breach."""

    minimum: _Items | None = None
    """The smallest total."""
    maximum: _Items | None = None
    """The largest total."""
    change_within: _Percentage | None = None
    """How far the total may be from that of the last report, such as 20%."""

    def args(self) -> "ExpectationArgs":
        """Returns the expectation as a component takes it: only the fields that are set, and percent as a number."""
        args = {name: value for name, value in self if value is not None}
        if self.change_within:
            args["change_within"] = int(self.change_within.removesuffix("%"))
        return cast("ExpectationArgs", args)

    @field_validator("maximum")
    @classmethod
    def _not_below_the_minimum(cls, maximum: int | None, fields: ValidationInfo) -> int | None:
        minimum = fields.data.get("minimum")
        if maximum is not None and minimum is not None and maximum < minimum:
            raise ValueError(f"at least the minimum of {minimum}")
        return maximum


class ReportGroup(Section):
    """One group of tables that a report counts."""

    name: Annotated[str, matching(re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}"), "1 to 16 letters and digits")]
    """The name of the group."""
    prefix: Prefix
    """What the names of its tables begin with."""
    label: Annotated[str, Field(min_length=1, max_length=80)]
    """The title of the group in the report."""
    expect: ReportExpectation | None = None
    """What is expected of the total; a breach is marked and raises an alarm."""

    def args(self, suffix: str) -> dict[str, Any]:
        """Returns the group as a component takes it; the name of its totals table ends with `suffix`."""
        fields = {name: value for name, value in self if name != "expect"}
        expect = {"expect": self.expect.args()} if self.expect else {}
        return {**fields, **expect, "totals_table_name": f"{self.prefix}totales{suffix}"}

    @field_validator("expect")
    @classmethod
    def _something(cls, expect: ReportExpectation | None) -> ReportExpectation | None:
        if expect and not expect.args():
            raise ValueError("at least one of minimum, maximum, changeWithin")
        return expect


class ReportSettings(Section):
    """`reports.<name>`: which tables are counted, how often, for whom, and how much a run may read."""

    groups: Annotated[list[ReportGroup], Field(min_length=1, max_length=20), groups_apart]
    """Groups of tables, by prefix. No prefix in a stack may begin with another. Environments in one account need
    prefixes of their own, or each reads the other's tables.
    """
    every: ScheduleExpression = "rate(5 minutes)"
    """When it runs: rate(5 minutes), or cron(0 8 * * ? *) in UTC."""
    mail: Literal["always", "changes", "breaches", "never"] = ReportMail.ALWAYS.value
    """When it is mailed: always, when a count changed, when an expectation is broken, or never."""
    recipients: Annotated[list[Address], Field(max_length=50, validate_default=True), each_recipient_once] = []
    """Who gets the mail; required unless mail is never."""
    name_attribute: AttributeName = report_defaults.NAME_ATTRIBUTE
    """The attribute that holds the name of an item."""
    date_attribute: AttributeName = report_defaults.DATE_ATTRIBUTE
    """The attribute that holds the date of an item."""
    read_units: Annotated[int, Field(ge=1)] = report_defaults.READ_UNITS
    """The read units that a run may consume."""
    items_per_table: Annotated[int, Field(ge=0, le=10_000)] = report_defaults.ITEMS_PER_TABLE
    """How many items of each table are listed, the newest first."""
    history_days: Annotated[int, Field(ge=1, le=3650)] = report_defaults.HISTORY_DAYS
    """How long totals and reports are kept, in days."""
    kms_keys: Annotated[list[KmsKey], Field(max_length=20)] = []
    """ARNs of the customer-managed keys that tables are encrypted with."""

    @property
    def mails(self) -> bool:
        """Whether the report is ever mailed."""
        return self.mail != ReportMail.NEVER

    def args(self, environment: str, sending: "Sending | None" = None) -> "ScheduledReporterArgs":
        """Returns the arguments of a reporter: the settings by name, and the names of totals tables.

        These names include the environment where there may be other environments.

        Args:
            environment: The environment's name.
            sending: How its mails are sent; None where it sends no mail.
        """
        suffix = "" if environment in ("local", "prod") else f"_{environment}"
        args = {**dict(self), "mail": ReportMail(self.mail), "groups": [group.args(suffix) for group in self.groups]}
        mailed = {"sending": sending} if sending and self.mails else {}
        return cast("ScheduledReporterArgs", {**args, **mailed, "environment": environment})

    @field_validator("recipients")
    @classmethod
    def _somebody_to_mail(cls, recipients: list[str], fields: ValidationInfo) -> list[str]:
        if not recipients and fields.data.get("mail") != ReportMail.NEVER:
            raise ValueError("at least one address, unless mail is never")
        return recipients

    @field_validator("mail")
    @classmethod
    def _something_expected(cls, mail: str, fields: ValidationInfo) -> str:
        groups = fields.data.get("groups")
        if mail == ReportMail.BREACHES and groups and not any(group.expect for group in groups):
            raise ValueError("breaches only if a group has expect")
        return mail
