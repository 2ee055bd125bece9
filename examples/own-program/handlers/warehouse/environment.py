"""What the function is told, and what the program and it both name."""

HANDLER = "handlers.warehouse.handler.handle"

BUCKET = "WAREHOUSE_BUCKET"
"""The bucket for the files."""
ORDER_ID = "orderId"
"""The partition key of the table of orders."""
