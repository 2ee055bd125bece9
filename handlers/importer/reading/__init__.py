"""From an object in S3 to rows: files, formats, readers, and where a file may be cut. Knows no table."""
