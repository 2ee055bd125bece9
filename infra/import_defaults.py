"""Defaults of an import, and the types that its columns may have: for the component and settings.

A module of its own, so that commands can read settings without loading pulumi-aws.
"""

import enum

from handlers.importer.environment import REJECTED_PREFIX


class ColumnType(enum.StrEnum):
    """The type of a CSV column's cells."""

    S = "S"
    """Strings."""
    N = "N"
    """Numbers."""
    BOOL = "BOOL"
    """True and false."""


PREFIX = "incoming/"
ALLOWED_PREFIXES = f"one that ends with a slash and is not below {REJECTED_PREFIX}, such as {PREFIX}"
CHUNK_MIB = 32
GZIP_LIMIT_MIB = 102_400
TIMEOUT_SECONDS = 120
MAXIMUM_CONCURRENCY = 10
WRITE_UNITS_PER_SECOND = 0
WARM_WRITE_UNITS = 0
IGNORE = (
    ".*",  # hidden files, such as those of macOS and Hadoop's checksums
    "__MACOSX/",
    "Thumbs.db",
    "desktop.ini",
    "_SUCCESS",  # from Hadoop and Spark, whose unfinished parts lie below _temporary/
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
    "*manifest",  # Redshift's UNLOAD appends it to its prefix
    "*-manifest.csv",
    "manifest-files.json",  # DynamoDB's exports
    "manifest-summary.json",
)
"""Names of files and folders that are not data."""


_COLD_WRITE_UNITS = 4000
"""Write units a second that a new on-demand table takes; AWS accepts no lower warm throughput."""


def warm_mistake(warm_write_units: int) -> str:
    """Returns the allowed values of a table's warm throughput if this one is not allowed; otherwise an empty text."""
    if warm_write_units == 0 or warm_write_units >= _COLD_WRITE_UNITS:
        return ""
    return f"0, or at least {_COLD_WRITE_UNITS}, which any new table accepts"


def limit_mistake(write_units_per_second: int, maximum_concurrency: int) -> str:
    """Returns the allowed values of a limit on write units if this one is not allowed; otherwise an empty text."""
    if write_units_per_second == 0 or write_units_per_second >= maximum_concurrency:
        return ""
    return f"0 for no limit, or at least maximumConcurrency ({maximum_concurrency}): each worker uses at least one unit"


def keeps_rejects_apart(prefix: str) -> bool:
    """Returns whether an import of the files below a prefix never imports its own rejects."""
    return prefix.endswith("/") and not REJECTED_PREFIX.startswith(prefix) and not prefix.startswith(REJECTED_PREFIX)
