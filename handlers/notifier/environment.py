"""The notifier's handler, and the names that infra and it share."""

HANDLER = "handlers.notifier.handler.handle"

SENDER = "MAIL_SENDER"  # the From header: an address, or a name and an address in angle brackets
REPLY_TO = "MAIL_REPLY_TO"  # an address, or nothing: answers go to the sender
CONFIGURATION_SET = "MAIL_CONFIGURATION_SET"
RULES = "MAIL_RULES"  # the file of rules, from the folder that holds `handlers`; `rules` says what is in it
TEMPLATES = "MAIL_TEMPLATES"  # a JSON object: template -> its name in SES
MAIL_ENABLED = "MAIL_ENABLED"  # a flag
ONLY_TO = "MAIL_ONLY_TO"  # a JSON list of addresses and domains; empty: everybody
MARKS_TABLE = "MARKS_TABLE"
MARKS_DAYS = "MARKS_DAYS"  # more than failures are kept, or a late redrive mails twice

REDRIVEN = "redriven"  # beside an event's `Records`, true: they come outside their shard's order

MAILS_REFUSED = "MailsRefused"
MAILS_UNMARKED = "MailsUnmarked"
RECORDS_UNREADABLE = "RecordsUnreadable"
"""Metrics that alarms watch."""

# The marks table: an item for each mail that SES accepted, and for each claim.
MARK_KEY = "event_id"  # S, the partition key: the id of a stream record, with the rule and a fixed address behind it
MARK_EXPIRY = "expires_at"  # N, the time to live
