"""The function's environment variables and the keys of its table, for the program and the handler."""

HANDLER = "roster.handler.handle"

TABLE = "ROSTER_TABLE"
"""The table of who joined and who left."""
DAY = "day"
"""Its partition key, such as `2026-11-21`, in UTC."""
EVENT_ID = "event_id"
"""Its sort key, the change's own id: a change that is delivered again overwrites its row."""
