"""What the function is told, and the keys of its table: used by the program and by the handler."""

HANDLER = "roster.handler.handle"

TABLE = "ROSTER_TABLE"
"""The table of who joined and who left."""
DAY = "day"
"""Its partition key, such as `2026-11-21`, in UTC."""
EVENT_ID = "event_id"
"""Its sort key, the change's own id: what is delivered again overwrites its row."""
