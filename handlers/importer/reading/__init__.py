"""From an object in S3 to rows: files, formats, readers, and where to cut files. Knows no table."""
