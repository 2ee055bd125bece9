"""The archiver's handler, and the names it shares with infra."""

HANDLER = "handlers.archiver.handler.handle"

BUCKET = "ARCHIVE_BUCKET"
"""The bucket that holds the archive."""
EVENTS = "ARCHIVE_EVENTS"
"""The kinds of change to archive, separated by commas: `INSERT,REMOVE`."""
PREFIX = "changes/"
"""The archive's prefix in its bucket."""

RECORDS_UNARCHIVABLE = "RecordsUnarchivable"
"""A metric for an alarm."""
