"""From a row to an item of the table, with DynamoDB's checks. Knows no file and no service."""
