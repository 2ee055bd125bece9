"""Physical names that AWS takes, where Pulumi's own would be too long."""

import hashlib

ROLE_NAME = 64
"""Characters that IAM takes for a role's name."""
_PULUMIS_SUFFIX = 8
"""What Pulumi adds to a name to make it unique."""
_DIGITS = 8


def fitting(name: str, longest: int) -> str | None:
    """Returns a physical name for a resource, or none where Pulumi's own fits.

    A name that is too long is cut and ends with a hash of all of it, so that two do not become one.

    Args:
        name: The resource's name in the program.
        longest: How many characters AWS takes.
    """
    if len(name) + _PULUMIS_SUFFIX <= longest:
        return None
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{name[: longest - _DIGITS - 1].rstrip('-')}-{digest}"
