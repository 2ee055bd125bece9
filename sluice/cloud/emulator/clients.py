"""Clients for the embedded cloud. They ignore the caller's own AWS configuration: profiles, files and proxies."""

import os
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
    create_assume_role_refresher,
)
from botocore.loaders import create_loader
from botocore.session import Session, get_session

_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""The keys of the emulator's root user."""
_NO_CONFIGURATION = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""Session variables that neither the environment nor a file in the home folder sets."""
_CONFIG = Config(proxies={}, s3={"addressing_style": "path"}, retries={"mode": "standard"})
_ONCE = _CONFIG.merge(Config(retries={"total_max_attempts": 1}))
_INVOKING = _ONCE.merge(Config(read_timeout=900, max_pool_connections=50))
"""An invocation takes at most 15 minutes."""
_LOADER = create_loader()
"""Reads the models of AWS's services once for all sessions: a stack has a session for each mapping's role."""


class Cloud:
    """An endpoint in one region, as its root user; safe for threads.

    Attributes:
        endpoint: the emulator.
        region: the region.
        token: the token for the emulator's own paths.
        functions_endpoint: the endpoint for calls of functions and their invocations: a fault proxy, or the emulator.
    """

    def __init__(
        self,
        endpoint: str,
        region: str,
        functions_endpoint: str | None = None,
        patience: float | None = None,
        token: str = "",
    ) -> None:
        """Prepares it.

        Args:
            endpoint: the emulator.
            region: the region.
            functions_endpoint: the endpoint for calls of functions and their invocations: a fault proxy, or the
                emulator.
            patience: after this many seconds without an answer a call is retried once, and then fails. By default
                the SDK's timeouts, which take minutes.
            token: the token for the emulator's own paths; empty if none of them is used.
        """
        quick = Config(
            connect_timeout=patience, read_timeout=patience, retries={"mode": "standard", "total_max_attempts": 2}
        )
        self._config = _CONFIG.merge(quick) if patience else _CONFIG
        self.endpoint, self.region = endpoint, region
        self.token = token
        self.functions_endpoint = functions_endpoint or endpoint
        self._session: Any = boto3.Session(botocore_session=_session(), **_KEYS)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # a session makes one client at a time

    @cached_property
    def account(self) -> str:
        """The account's id."""
        return self.client("sts").get_caller_identity()["Account"]

    def client(self, service: str) -> Any:
        """A client as root; the same one each time."""
        return self._once(service, service, self.endpoint, self._config)

    def invoking(self) -> Any:
        """A client that invokes functions once, and waits for as long as they may run; the same one each time."""
        return self._once("invoking", "lambda", self.functions_endpoint, _INVOKING)

    def as_role(self, role: str) -> "Role":
        """Clients with the permissions of a role, given by its ARN."""
        with self._lock:
            renew = create_assume_role_refresher(
                self._make("sts", self.endpoint, _ONCE), {"RoleArn": role, "RoleSessionName": "event-source-mapping"}
            )
        return Role(_AssumedRole(renew), self.endpoint, self.region)

    def _once(self, name: str, service: str, endpoint: str, config: Config) -> Any:
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make(service, endpoint, config)
            return self._clients[name]

    def _make(self, service: str, endpoint: str, config: Config) -> Any:
        return self._session.client(service, region_name=self.region, endpoint_url=endpoint, config=config)


class Role:
    """Clients with the permissions of a role. They try each call once: their users retry."""

    def __init__(self, credentials: CredentialProvider, endpoint: str, region: str) -> None:
        session = _session()
        session.register_component("credential_provider", CredentialResolver([credentials]))
        self._session: Any = boto3.Session(botocore_session=session)
        self._place = {"region_name": region, "endpoint_url": endpoint}

    def client(self, service: str) -> Any:
        """A client with the role's permissions."""
        return self._session.client(service, config=_ONCE, **self._place)


class _AssumedRole(CredentialProvider):
    """Credentials that are renewed before they expire."""

    METHOD = "sts-assume-role"

    def __init__(self, renew: Callable[[], Any]) -> None:
        super().__init__()
        self._renew = renew

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._renew, self.METHOD)


def _session() -> Session:
    session = get_session(_NO_CONFIGURATION)
    session.register_component("data_loader", _LOADER)
    return session
