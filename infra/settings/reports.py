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
    prefix: Prefix
    label: Annotated[str, Field(min_length=1, max_length=80)]


class ReportSettings(Section):
    """`reports.<name>`: which tables are counted, how often, for whom, and how much a run may read."""

    groups: Annotated[list[ReportGroup], Field(min_length=1, max_length=20), groups_apart]
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
