"""`operations`: how a stack is watched, kept and paid for."""

import re
from typing import Annotated

from infra.operations import LOG_RETENTION_DAYS
from infra.settings.section import Section
from infra.settings.types import Address, RetentionDays, each_recipient_once, matching


class OperationsSettings(Section):
    """`operations`: how a stack is watched, kept and paid for."""

    alarm_emails: Annotated[list[Address], each_recipient_once] = []
    """Who is mailed when an alarm goes off."""
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
