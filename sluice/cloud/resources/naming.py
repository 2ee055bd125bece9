"""Automatic physical names, as the Pulumi provider makes them."""

import secrets


def physical_name(name: str, longest: int = 64) -> str:
    """The logical name, a dash and seven random hexadecimal digits, as pulumi-aws names what is not named.

    Raises:
        ValueError: it would be longer than the service allows.
    """
    full = f"{name}-{secrets.token_hex(4)[:7]}"
    if len(full) > longest:
        raise ValueError(f"the automatic name {full} has {len(full)} characters, {longest} are allowed: shorten {name}")
    return full
