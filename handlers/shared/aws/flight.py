"""Requests in flight: one thread, one connection per request, retries within a deadline."""

import time
import zlib
from heapq import heappop, heappush
from itertools import count
from math import ceil
from select import POLLIN, POLLOUT, poll
from ssl import SSLCertVerificationError

from handlers.shared.aws.connection import Connection
from handlers.shared.aws.errors import AwsError, ConnectionLost, error_of
from handlers.shared.aws.request import Request, Response
from handlers.shared.aws.session import Identity, Session
from handlers.shared.deadlines import pause

DEFAULT_CALL_SECONDS = 30.0
"""How long a request is tried without a deadline."""
_MAX_CORRECTIONS = 3


class _Exchange:
    """A request on its way.

    Attributes:
        expires: When to give up waiting for an answer.
        limit: When to give up the request.
    """

    __slots__ = ("attempts", "connection", "corrections", "error", "expires", "identity", "limit", "request")

    def __init__(self, request: Request, limit: float):
        self.request = request
        self.limit = limit
        self.attempts = 0
        self.corrections = 0
        self.expires = 0.0
        self.error: AwsError | None = None
        self.identity: Identity
        self.connection: Connection


class Flight:
    """One caller's requests, sent as submitted and answered in any order."""

    def __init__(self, session: Session, deadline: float | None = None):
        self._session = session
        self._deadline = deadline
        self._poll = poll()  # not `selectors`: sixteen sockets at most, and no system call to add or remove one
        self._busy: dict[int, _Exchange] = {}  # by the socket's file descriptor
        self._waiting: list[tuple[float, int, _Exchange]] = []
        self._tickets = count()
        self._done: list[tuple[Request, Response | AwsError]] = []

    def __len__(self) -> int:
        return len(self._busy) + len(self._waiting) + len(self._done)

    def limit(self) -> float:
        """Returns until when a request submitted now is tried."""
        return time.monotonic() + DEFAULT_CALL_SECONDS if self._deadline is None else self._deadline

    def submit(self, request: Request, delay: float = 0.0) -> None:
        """Sends a request, perhaps after a delay."""
        exchange = _Exchange(request, self.limit())
        if delay:
            self._delay(exchange, delay)
        else:
            self._start(exchange)

    def wait(self) -> list[tuple[Request, Response | AwsError]]:
        """Waits until a request has an outcome; returns all that have one, none if nothing is in flight."""
        while not self._done and (self._busy or self._waiting):
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                self._start(heappop(self._waiting)[2])
            if not self._done:
                self._poll_sockets()
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Gives up what is still in flight."""
        for exchange in self._busy.values():
            exchange.connection.close()
        self._busy = {}

    def _delay(self, exchange: _Exchange, seconds: float) -> None:
        heappush(self._waiting, (time.monotonic() + seconds, next(self._tickets), exchange))

    def _start(self, exchange: _Exchange) -> None:
        request, session = exchange.request, self._session
        left = exchange.limit - time.monotonic()
        if left <= 0:
            self._fail(
                exchange, exchange.error or self._lost(request, "Timeout", "the deadline has passed", sent=False)
            )
            return
        exchange.identity = session.identity()
        message = session.message(request, exchange.identity)
        try:
            connection = session.acquire(min(session.connect_timeout, left), repeatable=request.repeatable)
        except OSError as reason:
            error = self._lost(request, "ConnectFailed", _words(reason), sent=False)
            # An untrusted certificate or a missing CA bundle is permanent.
            error.transient = not isinstance(reason, (SSLCertVerificationError, FileNotFoundError))
            self._fail(exchange, error)
            return
        connection.begin(message, no_body=request.method == "HEAD", stream=request.stream)
        exchange.connection = connection
        self._busy[connection.sock.fileno()] = exchange
        self._poll.register(connection.sock, POLLIN)
        self._advance(exchange, POLLOUT)

    def _poll_sockets(self) -> None:
        """Waits until a socket is ready, a pause over or an answer overdue, and handles it."""
        wake = min([exchange.expires for exchange in self._busy.values()], default=float("inf"))
        if self._waiting:
            wake = min(wake, self._waiting[0][0])
        milliseconds = ceil(max(0.0, wake - time.monotonic()) * 1000)
        for descriptor, events in self._poll.poll(milliseconds):
            self._advance(self._busy[descriptor], events)
        now = time.monotonic()
        for exchange in [*self._busy.values()]:
            if exchange.expires <= now:
                self._give_up(exchange, "Timeout", "no answer in time")

    def _advance(self, exchange: _Exchange, events: int) -> None:
        """Sends and receives as much as possible without waiting."""
        connection = exchange.connection
        try:
            if events & ~POLLOUT:  # also if the connection broke: receiving raises the reason
                connection.receive()
            if events & ~POLLIN and not connection.answered:
                connection.send()
                self._poll.modify(connection.sock, POLLIN | POLLOUT if connection.outgoing else POLLIN)
        except OSError as reason:
            self._give_up(exchange, "ConnectionLost", _words(reason))
            return
        if connection.answered:
            self._finish(exchange)
        else:
            exchange.expires = min(time.monotonic() + self._session.read_timeout, exchange.limit)

    def _finish(self, exchange: _Exchange) -> None:
        connection, request, session = exchange.connection, exchange.request, self._session
        self._forget(connection)
        parser = connection.parser
        if connection.streaming:
            answer = Response(parser.status, parser.headers, b"", connection)
        else:
            answer = Response(parser.status, parser.headers, parser.take())
            session.release(connection)
        if answer.status >= 300:
            error = error_of(session.service, request, answer)
            date = answer.headers.get("date", "")
            if exchange.corrections < _MAX_CORRECTIONS and session.correct(error.code, date, exchange.identity):
                exchange.corrections += 1
                self._delay(exchange, 0)
            else:
                self._fail(exchange, error)
        # DynamoDB's checksum covers the way before TLS; it costs 0.25 ms per page of 1 MB.
        elif answer.headers.get("x-amz-crc32") in (None, str(zlib.crc32(answer.body))):
            self._done.append((request, answer))
        else:
            self._fail(exchange, self._lost(request, "CorruptAnswer", "the answer lacks its checksum", sent=True))

    def _forget(self, connection: Connection) -> None:
        self._poll.unregister(connection.sock)
        del self._busy[connection.sock.fileno()]

    def _give_up(self, exchange: _Exchange, code: str, words: str) -> None:
        connection = exchange.connection
        self._forget(connection)
        connection.close()
        self._fail(exchange, self._lost(exchange.request, code, words, sent=not connection.outgoing))

    def _fail(self, exchange: _Exchange, error: AwsError) -> None:
        """Schedules a request's next attempt, or ends it with the error."""
        exchange.attempts += 1
        exchange.error = error
        delay = pause(exchange.attempts)
        again = error.transient and not error.ambiguous and error.code not in exchange.request.final
        if again and time.monotonic() + delay < exchange.limit:
            self._delay(exchange, delay)
        else:
            self._done.append((exchange.request, error))

    def _lost(self, request: Request, code: str, words: str, *, sent: bool) -> ConnectionLost:
        return ConnectionLost(self._session.service, request, code, words, sent=sent)


def _words(reason: OSError) -> str:
    return f"{type(reason).__name__}: {reason}"
