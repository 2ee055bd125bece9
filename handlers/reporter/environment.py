"""The names of the reporter's environment variables and of its event's only field.

The component that creates the function sets them, and the handler reads them.
"""

HANDLER = "handlers.reporter.handler.handle"

SCHEDULED_TIME = "scheduled_time"
"""The event's field: when the schedule was due, `<aws.scheduler.scheduled-time>` in the schedule's input."""

GROUPS = "REPORT_GROUPS"
"""JSON: `[{"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "totals_table": "RA_totales"}]`; a group with
expectations also has `expect`, such as `{"minimum": 100, "maximum": 900, "change_within": 20}`."""

MAIL = "REPORT_MAIL"
"""When the report is mailed: one of the following. The variables about mail are set unless it is `never`."""

ALWAYS = "always"
CHANGES = "changes"
"""Only when a count differs from the last report's, or there is no last report."""
BREACHES = "breaches"
"""Only when an expectation is broken."""
NEVER = "never"

RECIPIENTS = "REPORT_RECIPIENTS"
"""JSON: the addresses that get the report, `["team@example.com"]`."""

NAME_ATTRIBUTE = "REPORT_NAME_ATTRIBUTE"
DATE_ATTRIBUTE = "REPORT_DATE_ATTRIBUTE"

BUCKET = "REPORT_BUCKET"

READ_UNITS = "REPORT_READ_UNITS"
"""The budget: read units that one run may spend on reading tables."""

ITEMS_PER_TABLE = "REPORT_ITEMS_PER_TABLE"
"""How many items of a table a report lists, the newest first; 0 to count only."""

HISTORY_DAYS = "REPORT_HISTORY_DAYS"
"""How long a row of a totals table lives."""

ENVIRONMENT = "ENVIRONMENT"

MAIL_ENABLED = "MAIL_ENABLED"
"""`true`, or `false`: do everything except mail."""

MAIL_ONLY_TO = "MAIL_ONLY_TO"
"""JSON: the addresses and domains that may be mailed; `[]` for all."""

MAIL_SENDER = "MAIL_SENDER"
"""The From header: an address, or a name and an address in angle brackets."""

MAIL_REPLY_TO = "MAIL_REPLY_TO"
"""An address; empty: answers go to the sender."""

MAIL_CONFIGURATION_SET = "MAIL_CONFIGURATION_SET"

BROKEN_EXPECTATIONS = "BrokenExpectations"
"""The metric for broken expectations."""
