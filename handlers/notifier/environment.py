"""The notifier's handler, and the names that infra and it share."""

HANDLER = "handlers.notifier.handler.handle"

# The templates.
WELCOME = "welcome"
PROFILE_CHANGED = "profile-changed"

SENDER = "MAIL_SENDER"
CONFIGURATION_SET = "MAIL_CONFIGURATION_SET"
WELCOME_TEMPLATE = "MAIL_WELCOME_TEMPLATE"
PROFILE_CHANGED_TEMPLATE = "MAIL_PROFILE_CHANGED_TEMPLATE"
MAIL_ENABLED = "MAIL_ENABLED"  # a flag
ONLY_TO = "MAIL_ONLY_TO"  # a JSON list of addresses and domains; empty: everybody
WATCHED = "WATCHED_ATTRIBUTES"  # a JSON list
MARKS_TABLE = "MARKS_TABLE"
MARKS_DAYS = "MARKS_DAYS"  # more than failures are kept, or a late redrive mails twice

ADDRESS_ATTRIBUTE = "email"
NAME_ATTRIBUTE = "name"

REDRIVEN = "redriven"  # beside an event's `Records`, true: they come outside their shard's order

MAILS_REFUSED = "MailsRefused"
MAILS_UNMARKED = "MailsUnmarked"
RECORDS_UNREADABLE = "RecordsUnreadable"
"""Metrics that alarms watch."""

# The marks table: an item for each stream record whose mail SES accepted, and for each claim.
MARK_KEY = "event_id"  # S, the partition key
MARK_EXPIRY = "expires_at"  # N, the time to live
