"""Where a service answers: what the environment configures, else AWS's public endpoint of the region."""

import os
import re

# The domain of each partition of AWS by the start of its regions' names; aws and aws-us-gov share the last.
_DOMAINS = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("", "amazonaws.com"),
)
# By hand: without `urllib.parse` set-up takes 0.96 of the CPU time. Held by
# test_an_endpoint_is_read_as_the_standard_library_reads_it.
_URL = re.compile(r"(https?)://(?:\[([^\s/?#@\[\]]+)\]|([^\s/?#@\[\]:]+))(?::(\d{1,5}))?/?", re.IGNORECASE | re.ASCII)


class Endpoint:
    """A host to connect to; `authority` is what the Host header says."""

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
    """Returns the endpoint that the environment sets for a service, by its SDK id, or for all."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return os.environ.get(f"AWS_ENDPOINT_URL_{service_id.upper()}") or os.environ.get("AWS_ENDPOINT_URL") or None


def public_endpoint(prefix: str, region: str) -> str:
    """Returns AWS's endpoint of a service by the first part of its host's name."""
    domain = next(domain for start, domain in _DOMAINS if region.startswith(start))
    return f"https://{prefix}.{region}.{domain}"
