"""Compression of files, detected by their first bytes."""

GZIP, ZSTD = "gzip", "zstd"
MAGIC_BYTES = 4
"""How many bytes are needed."""
_SKIPPABLE = b"\x2a\x4d\x18"


def told(beginning: bytes) -> str:
    """Returns `gzip`, `zstd` or an empty string for a file's first bytes. No text begins like a compressed file."""
    if beginning.startswith(b"\x1f\x8b"):
        return GZIP
    # The second is a skippable frame, with which parallel compressors begin.
    is_zstd = beginning.startswith(b"\x28\xb5\x2f\xfd") or (
        beginning[1:MAGIC_BYTES] == _SKIPPABLE and beginning[0] >> 4 == 5
    )
    return ZSTD if is_zstd else ""
