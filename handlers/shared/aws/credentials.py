"""AWS credentials: from the environment, as Lambda gives them, else from wherever botocore finds them."""

import os
from typing import Any, NamedTuple


class Credentials(NamedTuple):
    """What requests are signed with."""

    access_key: str
    secret_key: str
    token: str | None


class NoCredentialsError(Exception):
    """Neither the environment nor botocore has credentials."""


class CredentialSource:
    """Gives the credentials to sign the next request with."""

    def __init__(self) -> None:
        self._source = _from_environment() or _from_sdk()

    def current(self) -> Credentials:
        """Returns credentials; botocore renews its own before they expire."""
        if isinstance(self._source, Credentials):
            return self._source
        current = self._source.get_frozen_credentials()
        return Credentials(current.access_key or "", current.secret_key or "", current.token)

    def renew(self) -> bool:
        """Looks again, after AWS called the current ones expired; True if there are others now."""
        before = self.current()
        self._source = _from_environment() or _from_sdk()
        return self.current() != before


def _from_environment() -> Credentials | None:
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN") or None) if key and secret else None


def _from_sdk() -> Any:
    """Returns the `Credentials` of botocore, which are others than ours."""
    from botocore.session import Session  # 200 ms, and needed only outside Lambda

    credentials = Session().get_credentials()
    if credentials is None:
        raise NoCredentialsError("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    return credentials
