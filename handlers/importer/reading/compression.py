"""Which files are compressed, as their first bytes tell."""

GZIP, ZSTD = "gzip", "zstd"
MAGIC_BYTES = 4
"""How many bytes of a file tell."""
_SKIPPABLE = b"\x2a\x4d\x18"


def told(beginning: bytes) -> str:
    """Returns how a file that begins so is compressed: `gzip`, `zstd`, or the empty text. No text begins like those."""
    if beginning.startswith(b"\x1f\x8b"):
        return GZIP
    # The second is a frame to be passed over, with which parallel compressors begin.
    is_zstd = beginning.startswith(b"\x28\xb5\x2f\xfd") or (
        beginning[1:MAGIC_BYTES] == _SKIPPABLE and beginning[0] >> 4 == 5
    )
    return ZSTD if is_zstd else ""
