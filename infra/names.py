"""Physical names that AWS accepts, for where Pulumi's own would be too long."""

import hashlib

ROLE_NAME = 64
"""Characters that IAM allows in a role's name."""
_PULUMIS_SUFFIX = 8
"""Length of the suffix that Pulumi adds to make a name unique."""
_DIGITS = 8


def fitting(name: str, longest: int) -> str | None:
    """Returns a physical name for a resource, or None where Pulumi's own fits.

    A name that is too long is cut and ends with a hash of the whole name, so that two names stay distinct.

    Args:
        name: The resource's name in the program.
        longest: How many characters AWS allows.
    """
    if len(name) + _PULUMIS_SUFFIX <= longest:
        return None
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{name[: longest - _DIGITS - 1].rstrip('-')}-{digest}"
