"""What an import is by itself, and what types its columns may have: for the component and settings.

A module of its own, because commands read settings and wait for no component of pulumi-aws to be loaded.
"""

import enum


class ColumnType(enum.StrEnum):
    """What the cells of a CSV column are."""

    S = "S"
    """Strings."""
    N = "N"
    """Numbers."""
    BOOL = "BOOL"
    """True and false."""


PREFIX = "incoming/"
CHUNK_MIB = 32
GZIP_LIMIT_MIB = 102_400
TIMEOUT_SECONDS = 120
MAXIMUM_CONCURRENCY = 10
IGNORE = (
    ".*",  # hidden files: those of macOS and checksums of Hadoop among them
    "__MACOSX/",
    "Thumbs.db",
    "desktop.ini",
    "_SUCCESS",  # of Hadoop and Spark, whose unfinished parts lie below _temporary/
    "_temporary/",
    "_spark_metadata/",
    "_started*",
    "_committed*",
    "_metadata",
    "_common_metadata",
    "*_$folder$",
    "*.crc",
    "*.md5",
    "*.sha1",
    "*.sha256",
    "*.metadata",  # beside Athena's results
    "*.manifest",
    "*manifest",  # Redshift's UNLOAD puts it behind its prefix
    "*-manifest.csv",
    "manifest-files.json",  # DynamoDB's exports
    "manifest-summary.json",
)
"""Names of files that are no data, and folders of such."""
