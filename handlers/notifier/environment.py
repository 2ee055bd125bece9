"""The notifier's handler, and the names it shares with infra."""

HANDLER = "handlers.notifier.handler.handle"

SENDER = "MAIL_SENDER"  # the From header: an address, or a name and an address in angle brackets
REPLY_TO = "MAIL_REPLY_TO"  # an address; empty: answers go to the sender
CONFIGURATION_SET = "MAIL_CONFIGURATION_SET"
RULES = "MAIL_RULES"  # the file of rules, relative to the folder that holds `handlers`; see `rules`
TEMPLATES = "MAIL_TEMPLATES"  # a JSON object: template -> its name in SES
MAIL_ENABLED = "MAIL_ENABLED"  # a flag
ONLY_TO = "MAIL_ONLY_TO"  # a JSON list of addresses and domains; empty: everybody
MARKS_TABLE = "MARKS_TABLE"
MARKS_DAYS = "MARKS_DAYS"  # longer than failures are kept, or a late redrive mails twice

REDRIVEN = "redriven"  # next to an event's `Records`; true: they come outside their shard's order

MAILS_REFUSED = "MailsRefused"
MAILS_UNMARKED = "MailsUnmarked"
RECORDS_UNREADABLE = "RecordsUnreadable"
"""Metrics for alarms."""

# The marks table: an item for each mail that SES accepted, and for each claim.
MARK_KEY = "event_id"  # S, the partition key: a stream record's id, followed by the mark of a rule or a fixed address
MARK_EXPIRY = "expires_at"  # N, the time to live
