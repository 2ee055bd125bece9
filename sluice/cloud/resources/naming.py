"""Automatic physical names like those of the Pulumi provider; here they are the same each time a stack is started."""

import hashlib
from typing import NamedTuple


class Name(NamedTuple):
    """The name of a resource in its program.

    Attributes:
        logical: its logical name.
        urn: its URN, which distinguishes it from others of that name.
    """

    logical: str
    urn: str = ""


def physical_name(name: Name, longest: int = 64) -> str:
    """The logical name, a dash and seven hexadecimal digits of the URN's hash; pulumi-aws takes random ones.

    Raises:
        ValueError: it would be longer than the service allows.
    """
    full = f"{name.logical}-{hashlib.sha256(name.urn.encode()).hexdigest()[:7]}"
    if len(full) > longest:
        raise ValueError(
            f"the automatic name {full} has {len(full)} characters, {longest} are allowed: shorten {name.logical}"
        )
    return full
