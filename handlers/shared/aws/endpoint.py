"""A service's endpoint: configured in the environment, or else AWS's public one in the region."""

import os
import re

# Domains of AWS's partitions by the prefix of their regions; aws and aws-us-gov share the last.
_DOMAINS = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("", "amazonaws.com"),
)
# By hand: without `urllib.parse` set-up takes 0.96 of the CPU time. Checked by
# test_an_endpoint_is_read_as_the_standard_library_reads_it.
_URL = re.compile(r"(https?)://(?:\[([^\s/?#@\[\]]+)\]|([^\s/?#@\[\]:]+))(?::(\d{1,5}))?/?", re.IGNORECASE | re.ASCII)


class Endpoint:
    """A host to connect to; `authority` is for the Host header."""

    def __init__(self, url: str):
        """Takes a URL without a path."""
        parts = _URL.fullmatch(url)
        if not parts or int(parts[4] or 0) > 65_535:
            raise ValueError(f"an endpoint is http[s]://host[:port], not {url!r}")
        scheme, in_brackets, name, port = parts.groups()
        self.tls = scheme.lower() == "https"
        self.host = (in_brackets or name).lower()
        default = 443 if self.tls else 80
        self.port = int(port or default)
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.authority = name if self.port == default else f"{name}:{self.port}"


def region_of_environment() -> str:
    """Returns the region that the environment names."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ValueError("no AWS region: set AWS_REGION or AWS_DEFAULT_REGION, or give region=")
    return region


def configured_endpoint(service_id: str) -> str | None:
    """Returns the environment's endpoint for a service, by its SDK id, or for all services."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return os.environ.get(f"AWS_ENDPOINT_URL_{service_id.upper()}") or os.environ.get("AWS_ENDPOINT_URL") or None


def public_endpoint(prefix: str, region: str) -> str:
    """Returns AWS's endpoint of a service by its host's first part."""
    domain = next(domain for start, domain in _DOMAINS if region.startswith(start))
    return f"https://{prefix}.{region}.{domain}"
