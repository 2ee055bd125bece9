"""`operations`: how a stack is watched and protected."""

import re
from typing import Annotated, Literal

from infra.operations import LOG_RETENTION_DAYS, AlarmChoice
from infra.settings.section import Section
from infra.settings.types import Address, RetentionDays, each_recipient_once, matching


class OperationsSettings(Section):
    """`operations`: how a stack is watched and protected."""

    alarms: Literal["all", "essential", "none"] = AlarmChoice.ALL.value
    """Which alarms exist: all, essential (losses, silence and broken expectations), or none."""
    alarm_emails: Annotated[list[Address], each_recipient_once] = []
    """Who is mailed by alarms; each address has to confirm a mail first."""
    runbook_url: Annotated[
        str,
        matching(
            re.compile(r"(?!.{301})(https?://[^\s#]+)?"), "a URL of http or https without #, 300 characters at most"
        ),
    ] = ""
    """The runbook that alarms link to: URL#stream-lag, or URLstream-lag where it ends with a slash. By default
    docs/operating.md.
    """
    log_retention_days: RetentionDays = LOG_RETENTION_DAYS
    """How long logs are kept; one of the periods of CloudWatch."""
    protect: bool = False
    """Whether data is protected from deletion; true in prod."""
    tracing: bool = False
    """Whether functions send traces to X-Ray."""
    owner: Annotated[
        str,
        matching(re.compile(r"[\w .:/=+@-]{1,128}"), "up to 128 of letters, digits, spaces and . : / = + @ - _"),
    ] = "unowned"
    """The tag owner of every resource."""

    @property
    def told(self) -> list[str]:
        """The addresses that are subscribed to the alarm topic: none where there are no alarms."""
        return [] if self.alarms == AlarmChoice.NONE else self.alarm_emails
