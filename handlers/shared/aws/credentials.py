"""AWS credentials from the environment, as Lambda sets them, or else from botocore."""

import os
from typing import Any, NamedTuple


class Credentials(NamedTuple):
    """The keys that sign requests."""

    access_key: str
    secret_key: str
    token: str | None


class NoCredentialsError(Exception):
    """Neither the environment nor botocore has credentials."""


class CredentialSource:
    """Finds and renews credentials."""

    def __init__(self) -> None:
        self._source = _from_environment() or _from_sdk()

    def current(self) -> Credentials:
        """Returns credentials; botocore renews its own before they expire."""
        if isinstance(self._source, Credentials):
            return self._source
        current = self._source.get_frozen_credentials()
        return Credentials(current.access_key or "", current.secret_key or "", current.token)

    def renew(self) -> bool:
        """Looks again after AWS called the current ones expired; True if they have changed."""
        before = self.current()
        self._source = _from_environment() or _from_sdk()
        return self.current() != before


def _from_environment() -> Credentials | None:
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN") or None) if key and secret else None


def _from_sdk() -> Any:
    """Returns botocore's own kind of `Credentials`."""
    from botocore.session import Session  # 200 ms, and needed only outside Lambda

    credentials = Session().get_credentials()
    if credentials is None:
        raise NoCredentialsError("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    return credentials
