"""Event source mappings from DynamoDB streams to functions, run with the semantics of AWS."""
