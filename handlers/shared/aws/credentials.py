"""AWS credentials: from the environment, as Lambda gives them, else from wherever botocore finds them."""

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from botocore.credentials import Credentials as SdkCredentials


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
        self._look()

    def current(self) -> Credentials:
        """Returns credentials; botocore renews its own before they expire."""
        if isinstance(self._found, Credentials):
            return self._found
        frozen = self._found.get_frozen_credentials()
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)

    def renew(self) -> bool:
        """Looks again, after AWS called the current ones expired; True if there are others now."""
        before = self.current()
        self._look()
        return self.current() != before

    def _look(self) -> None:
        self._found = _from_environment() or _from_sdk()


def _from_environment() -> Credentials | None:
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN") or None) if key and secret else None


def _from_sdk() -> "SdkCredentials":
    from botocore.session import Session  # 200 ms, and needed only outside Lambda

    found = Session().get_credentials()
    if found is None:
        raise NoCredentialsError("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    return found
