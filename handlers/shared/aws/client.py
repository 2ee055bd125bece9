"""A client of one AWS service (for S3, of one bucket): signs requests and keeps the connections for them."""

from __future__ import annotations

import time

from handlers.shared.aws.connection import Connection
from handlers.shared.aws.credentials import CredentialSource
from handlers.shared.aws.endpoint import Endpoint, configured_endpoint, public_endpoint, region_of_environment
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.flight import Flight
from handlers.shared.aws.signer import Signer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from handlers.shared.aws.credentials import Credentials
    from handlers.shared.aws.request import Request
    from handlers.shared.aws.response import Response

    Identity = tuple[Credentials, float]  # who signs, and the seconds that AWS's clock is ahead

_MAX_IDLE = 30.0  # seconds; then a connection may be gone without a word: a frozen function hears nothing
_MAX_IDLE_ONCE = 2.0  # for a request that may not be sent twice
_EXPIRED = ("ExpiredToken", "ExpiredTokenException")
_SKEWED = (
    "RequestTimeTooSkewed",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestExpired",
    "403",  # the answer to a HEAD names no reason
)
_SKEW = 60.0  # seconds; AWS accepts five minutes
_SMALL = 64 * 1024


class Client:
    """Calls one service from one thread. Make it once: it keeps its connections between invocations."""

    def __init__(
        self,
        service_id: str,
        signing_name: str,
        host_prefix: str,
        *,
        bucket: str | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        credentials: CredentialSource | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 30.0,
    ):
        """Made by the service modules; `region` and `endpoint` default to the environment's; seconds."""
        region = region or region_of_environment()
        configured = endpoint or configured_endpoint(service_id)
        self.service = service_id
        self.endpoint = Endpoint(
            configured or public_endpoint(host_prefix, region),
            bucket,
            # The wildcard of S3's certificate does not match a name with dots.
            path_style=bool(configured) or "." in (bucket or ""),
        )
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self._credentials = credentials or CredentialSource()
        self._signer = Signer(signing_name, region)
        self._skew = 0.0
        self._idle: list[Connection] = []

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        """Returns the answer to one request; raises AwsError.

        Args:
            request: What to send.
            deadline: A `time.monotonic()` value that no wait and no retry passes; 30 s from now if left out.
        """
        flight = Flight(self, deadline)
        try:
            flight.submit(request)
            ((_, outcome),) = flight.wait()
        finally:
            flight.close()
        if isinstance(outcome, AwsError):
            raise outcome
        return outcome

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Generator[tuple[Request, Response | AwsError], None, None]:
        """Yields each request with its outcome, in the order of completion.

        Args:
            requests: Taken one by one, when there is room.
            in_flight: How many are sent or wait for their retry at once; each has a connection of its own.
            deadline: As for `call`; the default counts from each request's first attempt.
        """
        source = iter(requests)
        flight = Flight(self, deadline)
        try:
            while True:
                while len(flight) < in_flight and (request := next(source, None)) is not None:
                    flight.submit(request)
                if not len(flight):
                    return
                yield from flight.wait()
        finally:
            flight.close()

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._idle.pop().close()

    # What follows is for Flight and the stream reader.

    def identity(self) -> Identity:
        """Returns what the next request is signed with."""
        return self._credentials.current(), self._skew

    def message(self, request: Request, identity: Identity) -> list[bytes]:
        """Returns the signed request as it goes over the wire, in pieces."""
        credentials, skew = identity
        headers = self._signer.sign(request, self.endpoint.authority, credentials, time.time() + skew)
        if request.body or request.method in ("POST", "PUT"):
            headers["content-length"] = str(len(request.body))
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if lines.count("\n") != len(headers):
            raise ValueError(f"{request.operation}: a header value holds a line break: {request.headers}")
        target = f"{request.path}?{request.query}" if request.query else request.path
        head = f"{request.method} {target} HTTP/1.1\r\n{lines}user-agent: sluice\r\n\r\n".encode("ascii")
        return [head + request.body] if len(request.body) < _SMALL else [head, request.body]

    def take(self, timeout: float, *, repeatable: bool) -> Connection:
        """Returns an idle connection that may still stand, or a new one; raises OSError."""
        while self._idle:
            connection = self._idle.pop()
            idle = time.time() - connection.idle_since
            if 0 <= idle < (_MAX_IDLE if repeatable else _MAX_IDLE_ONCE) and connection.usable():
                return connection
            connection.close()
        return Connection(self.endpoint, timeout)

    def give(self, connection: Connection) -> None:
        """Takes back a connection."""
        if connection.parser.done and connection.parser.reusable and not connection.outgoing:
            connection.idle_since = time.time()
            self._idle.append(connection)
        else:
            connection.close()

    def corrected(self, code: str, date: str, identity: Identity) -> bool:
        """Tells whether a request refused for its clock or credentials may pass if it is signed anew."""
        credentials, skew = identity
        if code in _EXPIRED:
            return credentials != self._credentials.current() or self._credentials.renew()
        if code not in _SKEWED or not date:
            return False
        from email.utils import parsedate_to_datetime  # 10 ms, and hardly ever needed

        try:
            ahead = parsedate_to_datetime(date).timestamp() - time.time()
        except ValueError:
            return False
        if abs(ahead - skew) < _SKEW:
            return False
        self._skew = ahead
        return True
