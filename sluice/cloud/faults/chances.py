"""Chances that depend on a request's content, and not on its time."""

from hashlib import blake2b


def chance(key: bytes) -> float:
    """Returns a number in [0, 1) that depends on the key alone."""
    return int.from_bytes(blake2b(key, digest_size=6).digest(), "big") / 2**48
