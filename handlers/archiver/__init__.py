"""The archiver keeps inserts and removals of a table as an audit trail in S3."""
