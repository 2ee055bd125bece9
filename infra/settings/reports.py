"""`reports.<name>`: which tables are counted, how often, for whom, and how much a run may read."""

import re
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field

from infra import report_defaults
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

if TYPE_CHECKING:  # settings are read without waiting for a component
    from infra.scheduled_reporter import ScheduledReporterArgs


class ReportGroup(Section):
    """One group of tables that a report counts."""

    name: Annotated[str, matching(re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}"), "1 to 16 letters and digits")]
    """What the group is called."""
    prefix: Prefix
    """What the names of its tables begin with."""
    label: Annotated[str, Field(min_length=1, max_length=80)]
    """How the report titles it."""


class ReportSettings(Section):
    """`reports.<name>`: which tables are counted, how often, for whom, and how much a run may read."""

    groups: Annotated[list[ReportGroup], Field(min_length=1, max_length=20), groups_apart]
    """Groups of tables; no prefix begins with another's, in all reports."""
    every: ScheduleExpression = "rate(5 minutes)"
    """An EventBridge schedule: rate(5 minutes), or cron(0 8 * * ? *) in UTC."""
    recipients: Annotated[list[Address], Field(min_length=1, max_length=50), each_recipient_once]
    """Who gets the report; required, here or in the stack file."""
    name_attribute: AttributeName = report_defaults.NAME_ATTRIBUTE
    """Where the name of an item is."""
    date_attribute: AttributeName = report_defaults.DATE_ATTRIBUTE
    """Where the date of an item is."""
    read_units: Annotated[int, Field(ge=1)] = report_defaults.READ_UNITS
    """What a run may spend on reading tables."""
    items_per_table: Annotated[int, Field(ge=0, le=10_000)] = report_defaults.ITEMS_PER_TABLE
    """How many items are listed of each table, the newest first."""
    history_days: Annotated[int, Field(ge=1, le=3650)] = report_defaults.HISTORY_DAYS
    """How long totals and reports are kept."""
    kms_keys: Annotated[list[KmsKey], Field(max_length=20)] = []
    """ARNs of the customer-managed keys that tables are encrypted with."""

    def args(self, environment: str) -> "ScheduledReporterArgs":
        """Returns the arguments of a reporter: the settings under their names, and the names of totals tables.

        Those have the environment where others may be.
        """
        suffix = "" if environment in ("local", "prod") else f"_{environment}"
        groups = [{**dict(group), "totals_table_name": f"{group.prefix}totales{suffix}"} for group in self.groups]
        return cast("ScheduledReporterArgs", {**dict(self), "groups": groups, "environment": environment})
