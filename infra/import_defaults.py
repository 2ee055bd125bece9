"""What an import is by itself, and what types its columns may have: for the component and settings.

A module of its own, because commands read settings and wait for no component of pulumi-aws to be loaded.
"""

from typing import Literal

ColumnType = Literal["S", "N", "BOOL"]

PREFIX = "incoming/"
CHUNK_MIB = 32
GZIP_LIMIT_MIB = 102_400
TIMEOUT_SECONDS = 120
MAXIMUM_CONCURRENCY = 10
