"""What an import is by itself, and what types its columns may have: for the component and settings.

A module of its own, because commands read settings and wait for no component of pulumi-aws to be loaded.
"""

import enum

from handlers.importer.environment import REJECTED_PREFIX


class ColumnType(enum.StrEnum):
    """What the cells of a CSV column are."""

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


_COLD_WRITE_UNITS = 4000
"""What a new table on demand takes in a second; AWS knows no less warm throughput."""


def warm_mistake(warm_write_units: int) -> str:
    """Returns what a table's warm throughput may be, if it may not be this; empty if it may."""
    if warm_write_units == 0 or warm_write_units >= _COLD_WRITE_UNITS:
        return ""
    return f"0, or at least {_COLD_WRITE_UNITS}, which any new table accepts"


def limit_mistake(write_units_per_second: int, maximum_concurrency: int) -> str:
    """Returns what a limit on write units may be, if it may not be this; empty if it may."""
    if write_units_per_second == 0 or write_units_per_second >= maximum_concurrency:
        return ""
    return f"0 for no limit, or at least maximumConcurrency ({maximum_concurrency}): each worker uses at least one unit"


def keeps_rejects_apart(prefix: str) -> bool:
    """Returns whether an import of the files below a prefix never takes up its own rejects."""
    return prefix.endswith("/") and not REJECTED_PREFIX.startswith(prefix) and not prefix.startswith(REJECTED_PREFIX)
