"""`operations`: how a stack is watched, kept and paid for."""

import re
from typing import Annotated, Literal

from infra.operations import LOG_RETENTION_DAYS, AlarmChoice
from infra.settings.section import Section
from infra.settings.types import Address, RetentionDays, each_recipient_once, matching


class OperationsSettings(Section):
    """`operations`: how a stack is watched, kept and paid for."""

    alarms: Literal["all", "essential", "none"] = AlarmChoice.ALL.value
    """Which alarms there are: all, those of losses, silence and expectations, or none."""
    alarm_emails: Annotated[list[Address], each_recipient_once] = []
    """Who is mailed when an alarm goes off."""
    runbook_url: Annotated[
        str,
        matching(
            re.compile(r"(?!.{301})(https?://[^\s#]+)?"), "a URL of http or https without #, 300 characters at most"
        ),
    ] = ""
    """Where the texts of alarms point; left out, to the page's path in this repository."""
    log_retention_days: RetentionDays = LOG_RETENTION_DAYS
    """How long logs are kept."""
    protect: bool = False
    """true: data survives mistakes."""
    tracing: bool = False
    """true: X-Ray traces."""
    owner: Annotated[
        str,
        matching(re.compile(r"[\w .:/=+@-]{1,128}"), "up to 128 of letters, digits, spaces and . : / = + @ - _"),
    ] = "unowned"
    """A tag on every resource."""

    @property
    def told(self) -> list[str]:
        """Who is subscribed to the alarm topic: nobody where there are no alarms."""
        return [] if self.alarms == AlarmChoice.NONE else self.alarm_emails
