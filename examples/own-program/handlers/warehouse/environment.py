"""The function's environment variables, and names that it shares with the program."""

HANDLER = "handlers.warehouse.handler.handle"

BUCKET = "WAREHOUSE_BUCKET"
"""The bucket for the files."""
ORDER_ID = "orderId"
"""The partition key of the table of orders."""
