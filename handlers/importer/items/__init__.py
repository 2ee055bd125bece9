"""From a row to an item of the table, checked as DynamoDB would. Knows no file and no service."""
