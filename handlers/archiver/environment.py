"""The archiver's handler, and the names that infra and it share."""

HANDLER = "handlers.archiver.handler.handle"

BUCKET = "ARCHIVE_BUCKET"
"""The bucket that holds the archive."""
EVENTS = "ARCHIVE_EVENTS"
"""The kinds of change that are archived, with commas between: `INSERT,REMOVE`."""
PREFIX = "changes/"
"""Where the archive lies in its bucket."""

RECORDS_UNARCHIVABLE = "RecordsUnarchivable"
"""A metric that an alarm watches."""
