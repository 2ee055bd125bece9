"""No secrets in environment variables, which everybody who may view a function can read."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from policies.model import Resource, resource_rule
from policies.resource_types import FUNCTION

_NAMES = re.compile(
    r"(^|_)(SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|TOKEN|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_?KEY)(_|$)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(r"(_ARN|_NAME|_ID|_URL|_PATH|_PARAMETER)$", re.IGNORECASE)
"""Suffixes of names of variables that hold not the secret itself, but where it is."""

_SHAPES = {
    "an AWS access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a JSON web token": r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}",
    "a URL with a password": r"://[^/\s:@]+:[^/\s:@]+@",
}

_TOKEN = re.compile(r"[A-Za-z0-9+/=]{24,}")
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_BITS = 4.0
"""Entropy per character: 24 random base64 characters have about 4.3, concatenated words about 3.5."""
_HEX_BITS = 3.0
"""32 random hexadecimal digits have about 3.6."""


@resource_rule("no-plaintext-secret", "No environment variable holds a secret", FUNCTION)
def no_plaintext_secret(function: Resource) -> Iterator[str]:
    """Detects secrets by name, by known patterns, and by how random the value looks. The value is never shown."""
    variables = function.value("environment", "variables")
    for name, value in variables.items() if isinstance(variables, Mapping) else ():
        if suspicion := _suspicion(name, value):
            yield f"{name} {suspicion}: keep it in Secrets Manager or Parameter Store, and hand over its name"


def _suspicion(name: str, value: object) -> str | None:
    if isinstance(value, dict):
        return "is a Pulumi secret, which Lambda shows as plain text"
    if not isinstance(value, str) or not value:
        return None
    if _NAMES.search(name) and not _REFERENCES.search(name) and not value.startswith("arn:"):
        return "is named like a secret"
    for meaning, shape in _SHAPES.items():
        if re.search(shape, value):
            return f"holds {meaning}"
    return "looks random, as keys do" if any(map(_random, _TOKEN.findall(value))) else None


def _random(token: str) -> bool:
    if _HEX.fullmatch(token):
        return _entropy(token) >= _HEX_BITS
    return bool(_MIXED.match(token)) and _entropy(token) >= _BITS


def _entropy(text: str) -> float:
    """Returns the bits per character, by how often each occurs in the text."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
