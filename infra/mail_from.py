"""The From header of mails: an address, and the name that mail programs show in place of it."""

from email.header import Header
from email.utils import formataddr

NAMES = "up to 64 visible characters on one line, without =? and without < > @"
"""What is allowed as a display name."""
_LONGEST = 64


def is_name(text: str) -> bool:
    """Returns whether a text can be a sender's name: it neither adds a header nor looks like another address."""
    return len(text) <= _LONGEST and text.isprintable() and text == text.strip() and not _hostile(text)


def header(name: str, address: str) -> str:
    """Returns the From header of an address: `"Sluice, Ltd." <no-reply@example.com>`, letters outside ASCII encoded.

    Raises:
        ValueError: The name cannot be shown.
    """
    if not is_name(name):
        raise ValueError(f"a sender's name {name!r}: give it {NAMES}")
    if not name:
        return address
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"


def _hostile(text: str) -> bool:
    return "=?" in text or not {"<", ">", "@"}.isdisjoint(text)
