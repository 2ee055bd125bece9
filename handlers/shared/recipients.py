"""Who can be mailed and who may be: addresses as SES takes them, and the rule that keeps mail inside a team.

SES does not support SMTPUTF8: local parts are ASCII, and domains outside ASCII are sent as punycode. Source:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BulkEmailEntry.html
"""

import re
from collections.abc import Sequence
from functools import lru_cache

MALFORMED = "malformed_address"
LOCAL_PART_OUTSIDE_ASCII = "local_part_outside_ascii"

_LONGEST_ADDRESS = 254  # RFC 5321 allows 256 octets for a path, including brackets
_LONGEST_LOCAL_PART = 64
# White space of any kind and characters without width: both come along when an address is copied.
_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u180e\u200b\u2060\ufeff"
)
# RFC 5322's dot-atom. Quoted local parts and comments are left out: hardly any mailbox needs them, and header parsers
# disagree about them, as about encoded words (`=?`).
# Both cases are spelled out, and `=?` is searched separately: 0.99 of the CPU time of mails. Checked by
# test_a_local_part_is_judged_as_by_the_pattern_that_says_all.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# Two or more labels, the last beginning with a letter: neither `localhost` nor an IP address.
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII
)


class UnusableAddressError(ValueError):
    """An address that SES would refuse.

    Attributes:
        reason: `MALFORMED` or `LOCAL_PART_OUTSIDE_ASCII`; safe to log and to count, unlike the address.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def deliverable(address: str) -> str:
    """Returns an address as SES takes it: without white space around it, with a domain outside ASCII as punycode.

    Raises:
        UnusableAddressError: There is no such form. The message does not repeat the address.
    """
    local, at, host = address.strip(_SPACE).rpartition("@")
    if not at:
        raise UnusableAddressError(MALFORMED)
    if not local.isascii():
        raise UnusableAddressError(LOCAL_PART_OUTSIDE_ASCII)
    if len(local) > _LONGEST_LOCAL_PART or "=?" in local or not _LOCAL_PART.fullmatch(local):
        raise UnusableAddressError(MALFORMED)
    usable = f"{local}@{_ascii_domain(host)}"
    if len(usable) > _LONGEST_ADDRESS:
        raise UnusableAddressError(MALFORMED)
    return usable


def domain(text: str) -> str:
    """Returns a domain as SES takes it: without white space around it, outside ASCII as punycode.

    Raises:
        UnusableAddressError: It is not a domain for mail.
    """
    return _ascii_domain(text.strip(_SPACE))


class OnlyTo:
    """The setting `mail.onlyTo`: the addresses and domains that may be mailed; empty for everybody.

    A domain does not include its subdomains. Case matters only in local parts.

    Raises:
        ValueError: An entry is neither; ignored, it would match nobody and hide the mistake.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self._everybody = not entries
        self._listed = {_listed(entry) for entry in entries}

    def allows(self, address: str) -> bool:
        """Tells whether an address, as `deliverable` returned it, may be mailed."""
        if self._everybody:
            return True
        local, _, host = address.rpartition("@")
        host = host.lower()
        return host in self._listed or f"{local}@{host}" in self._listed


def _listed(entry: str) -> str:
    try:
        if "@" not in entry:
            return domain(entry).lower()
        local, _, host = deliverable(entry).rpartition("@")
    except UnusableAddressError:
        raise ValueError(f"mail.onlyTo: {entry!r} is neither an address nor a domain") from None
    return f"{local}@{host.lower()}"


@lru_cache(maxsize=1000)  # most people use one of a few providers
def _ascii_domain(text: str) -> str:
    """Returns a domain in ASCII, as punycode if needed.

    Raises:
        UnusableAddressError: It is not a domain, or IDNA 2003 (Python's codec) and IDNA 2008 (the registries) read it
            differently, such as `straße.example`: its mail would go to a stranger.
    """
    encoded = text if text.isascii() else _punycode(text)
    if len(encoded) > _LONGEST_ADDRESS or not _DOMAIN.fullmatch(encoded):
        raise UnusableAddressError(MALFORMED)
    return encoded


def _punycode(text: str) -> str:
    import unicodedata  # only for the rare domain outside ASCII

    try:
        encoded = text[:_LONGEST_ADDRESS].encode("idna").decode("ascii")
        unchanged = encoded.encode("ascii").decode("idna") == unicodedata.normalize("NFC", text).lower()
    except UnicodeError:
        raise UnusableAddressError(MALFORMED) from None
    if not unchanged:
        raise UnusableAddressError(MALFORMED)
    return encoded
