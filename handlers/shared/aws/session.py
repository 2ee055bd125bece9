"""What requests to one service share: credentials, clock and connections."""

import time
from typing import NamedTuple

from handlers.shared.aws.connection import Connection
from handlers.shared.aws.credentials import Credentials, CredentialSource
from handlers.shared.aws.endpoint import Endpoint, configured_endpoint, public_endpoint, region_of_environment
from handlers.shared.aws.request import Request
from handlers.shared.aws.signer import Signer

_MAX_IDLE = 30.0  # seconds; then a connection may be closed without a frozen function noticing
_MAX_IDLE_ONCE = 2.0  # for a request that may not be sent twice
_EXPIRED = ("ExpiredToken", "ExpiredTokenException")
_SKEWED = (
    "RequestTimeTooSkewed",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestExpired",
    "403",  # the answer to a HEAD has no reason
)
_SKEW = 60.0  # seconds; AWS accepts five minutes
_SMALL = 64 * 1024


class Identity(NamedTuple):
    """Who signs a request, and when."""

    credentials: Credentials
    skew: float
    """Seconds that AWS's clock is ahead."""


class Session:
    """The state that the requests of one client share.

    Attributes:
        service: The SDK's id of the service, for errors.
        endpoint: Where it answers.
        connect_timeout: Seconds that opening a connection may take.
        read_timeout: Seconds without bytes of an answer.
    """

    def __init__(
        self,
        service: str,
        signing_name: str,
        host_prefix: str,
        *,
        region: str | None = None,
        endpoint: str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 30.0,
    ):
        """Region and endpoint default to the environment's."""
        region = region or region_of_environment()
        self.service = service
        self.endpoint = Endpoint(endpoint or configured_endpoint(service) or public_endpoint(host_prefix, region))
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self._signer = Signer(signing_name, region)
        self._credentials = CredentialSource()
        self._skew = 0.0
        self._idle: list[Connection] = []

    def identity(self) -> Identity:
        """Returns the identity for the next request."""
        return Identity(self._credentials.current(), self._skew)

    def message(self, request: Request, identity: Identity) -> list[bytes]:
        """Returns the signed request for the wire, in pieces."""
        credentials, skew = identity
        head = self._signer.head(request, self.endpoint.authority, credentials, time.time() + skew)
        length = b""
        if request.body or request.method in ("POST", "PUT"):
            length = b"content-length: %d\r\n" % len(request.body)
        head = b"%b%buser-agent: sluice\r\n\r\n" % (head, length)
        return [head + request.body] if len(request.body) < _SMALL else [head, request.body]

    def acquire(self, timeout: float, *, repeatable: bool) -> Connection:
        """Returns an idle connection that may still work, or a new one; raises OSError."""
        while self._idle:
            connection = self._idle.pop()
            idle = time.time() - connection.idle_since
            if 0 <= idle < (_MAX_IDLE if repeatable else _MAX_IDLE_ONCE) and connection.usable():
                return connection
            connection.close()
        return Connection(self.endpoint, timeout)

    def release(self, connection: Connection) -> None:
        """Takes back a connection."""
        if connection.parser.done and connection.parser.reusable and not connection.outgoing:
            connection.idle_since = time.time()
            self._idle.append(connection)
        else:
            connection.close()

    def correct(self, code: str, date: str, identity: Identity) -> bool:
        """Corrects the clock or credentials after a refusal; True if the request may succeed, signed again."""
        credentials, skew = identity
        if code in _EXPIRED:
            return credentials != self._credentials.current() or self._credentials.renew()
        if code not in _SKEWED or not date:
            return False
        from email.utils import parsedate_to_datetime  # 10 ms, and rarely needed

        try:
            ahead = parsedate_to_datetime(date).timestamp() - time.time()
        except ValueError:
            return False
        if abs(ahead - skew) < _SKEW:
            return False
        self._skew = ahead
        return True

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._idle.pop().close()
