"""A fault proxy for tests: stands between AWS clients and the embedded cloud, and makes chosen requests fail.

Requests that no rule concerns pass byte for byte, so signatures stay valid. A failing request fails as in AWS: with
the error of the service in its own protocol, a late response, or a connection that closes. The same seed gives the
same request the same fate, whatever the timing of threads.

    slow = Rule("throttle", service="dynamodb", operation="BatchWriteItem", rate=0.2)
    with FaultProxy("http://127.0.0.1:4566", [slow], seed=7) as proxy:
        boto3.client("dynamodb", endpoint_url=proxy.endpoint)
        ...
    assert slow.fired

Limits: S3 in path style; HTTP/1.1 without TLS; no errors for services that speak CBOR (CloudWatch).
"""

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Self
from urllib.parse import urlsplit

from sluice.cloud.faults.answers import fault, json_answer, raw_answer
from sluice.cloud.faults.batches import BATCHES, merge, sign, split
from sluice.cloud.faults.http import CHUNKED, PIECE, UNTIL_CLOSE, Answer, Head, discard, pump, read_answer, read_head
from sluice.cloud.faults.requests import Request, recognise, scope
from sluice.cloud.faults.rules import Rule

_HEAD_LIMIT = 256 * 1024
# Bodies up to this size are held whole, for predicates: DynamoDB's largest request is 16 MB. Larger ones are streamed.
_HELD_LIMIT = 16 * 1024 * 1024
_HELD_OBJECT_LIMIT = 1024 * 1024


class _Connection:
    """One connection of a client, and the connection to the upstream that serves it."""

    def __init__(self, proxy: "FaultProxy", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader, self._writer = reader, writer
        self._upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._stays_open = True

    async def serve(self) -> None:
        """Answers requests until either side closes."""
        try:
            while self._stays_open:
                await self._answer_next()
            self._writer.close()
            await self._writer.wait_closed()
        finally:
            if self._upstream:
                self._upstream[1].transport.abort()

    async def _answer_next(self) -> None:
        head = await read_head(self._reader)
        try:
            await self._exchange(head)
        except ConnectionRefusedError:
            message = "nothing listens at {}:{}, the upstream of the fault proxy".format(*self._proxy.address)
            await self._write(raw_answer(502, message.encode(), "text/plain", {}))
            self._stays_open = False

    async def _exchange(self, head: Head) -> None:
        if head.headers.get("expect", "").lower() == "100-continue":  # the upstream's own 100 is skipped
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._hold(head)
        request = recognise(head.start[0], head.start[1], head.headers, body or b"")
        rule, salt = self._proxy.decide(request)
        self._stays_open = not head.closes
        if rule and not rule.after_work and rule.action != "delay":
            await discard(self._reader, (head.length or 0) if body is None else 0)
            await self._fail(rule, salt, request)
            return
        if rule and not rule.after_work:
            await asyncio.sleep(rule.wait(request, salt))
        answer = await self._forward(head, body)
        if rule and rule.after_work:
            await self._fail_after(rule, salt, request, answer)
        else:
            await self._relay(answer)

    async def _hold(self, head: Head) -> bytes | None:
        """The body; None if it is to be streamed."""
        length = head.length or 0
        is_object = scope(head.start[1], head.headers)[1] == "s3"
        is_chunked = length == CHUNKED or "aws-chunked" in head.headers.get("content-encoding", "")
        if is_chunked or length > (_HELD_OBJECT_LIMIT if is_object else _HELD_LIMIT):
            return None
        return await self._reader.readexactly(length)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection to the upstream, a new one if the upstream has closed it since."""
        if self._upstream and self._upstream[0].at_eof():
            self._upstream[1].transport.abort()
            self._upstream = None
        if not self._upstream:
            self._upstream = await asyncio.open_connection(*self._proxy.address, limit=_HEAD_LIMIT)
        return self._upstream

    async def _forward(self, head: Head, body: bytes | None) -> Answer:
        reader, writer = await self._connect()
        writer.write(head.raw + (body or b""))
        method = head.start[0]
        if body is not None:
            await writer.drain()
            return await read_answer(reader, method)
        sending = asyncio.create_task(pump(self._reader, head.length or 0, writer))
        answer = asyncio.create_task(read_answer(reader, method))
        try:
            await asyncio.wait((sending, answer), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                sending.result()
            elif not sending.done() or sending.exception():
                self._stays_open = False  # answered before the body's end: the rest of it stays unread
            return await answer
        finally:
            sending.cancel()
            answer.cancel()
            await asyncio.gather(sending, answer, return_exceptions=True)

    async def _relay(self, answer: Answer) -> None:
        if 0 <= answer.length <= PIECE:
            await self._write(answer.head.raw + await answer.body.readexactly(answer.length))
        else:
            self._writer.write(answer.head.raw)
            await pump(answer.body, answer.length, self._writer)
        self._stays_open &= answer.length != UNTIL_CLOSE and not answer.head.closes

    async def _fail(self, rule: Rule, salt: str, request: Request) -> None:
        """Fails a request without its work being done."""
        if rule.action == "drop":
            self._stays_open = False
        elif rule.action == "unprocessed":
            await self._process_part(rule, salt, request)
        else:
            await self._write(fault(rule, request))

    async def _fail_after(self, rule: Rule, salt: str, request: Request, answer: Answer) -> None:
        """Fails a request whose work is done."""
        if rule.action == "delay":
            await asyncio.sleep(rule.wait(request, salt))
            await self._relay(answer)
        elif rule.action == "drop":
            beginning = await answer.body.read(PIECE) if answer.length else b""
            # A response without a body is cut in its first word: clients take a cut header for the last one.
            await self._write(answer.head.raw + beginning[: len(beginning) // 2] if beginning else b"HTTP/")
            self._stays_open = False
        else:
            await discard(answer.body, answer.length)
            await self._write(fault(rule, request))

    async def _process_part(self, rule: Rule, salt: str, request: Request) -> None:
        """Answers a batch and hands back at least one entry; only the others are forwarded."""
        name, result = BATCHES[request.operation]
        done, left = split(request, rule.fraction, salt)
        if done and self._proxy.credentials:
            reader, writer = await self._connect()
            writer.write(sign(request, done, self._proxy.credentials))
            answer = await read_answer(reader, request.method)
            if answer.head.start[1] != "200":
                await self._relay(answer)
                return
            result = json.loads(await answer.body.readexactly(answer.length))
        version = request.headers["content-type"]
        await self._write(json_answer(200, merge(result, name, left), {}, version=version))

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


class FaultProxy:
    """A reverse proxy on a free port of 127.0.0.1, in a thread of its own, while its context is entered.

    Leaving the context closes the port and every connection, and raises the error of a rule's predicate, if any.

    Args:
        upstream: where requests go, as `http://host:port`.
        rules: can be replaced at any time by assigning to `rules`.
        seed: decides, with the content of a request and the number of its earlier occurrences, which requests fail.
        credentials: the proxy's own key id and secret key, for `unprocessed` with a `fraction` below 1.

    Attributes:
        address: host and port of the upstream.
        endpoint: the URL for clients, once entered.
    """

    def __init__(
        self,
        upstream: str,
        rules: Iterable[Rule] = (),
        *,
        seed: int = 0,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        parts = urlsplit(upstream)
        if parts.scheme != "http" or not parts.hostname or not parts.port:
            raise ValueError(f"upstream is {upstream!r}; it has the form http://host:port")
        self.address = (parts.hostname, parts.port)
        self.seed = seed
        self.credentials = credentials
        self.rules = rules
        self._requests: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._connections: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are asked."""
        return self._rules

    @rules.setter
    def rules(self, rules: Iterable[Rule]) -> None:
        rules = tuple(rules)
        if not self.credentials and any(rule.fraction < 1 for rule in rules):
            raise ValueError("a fraction below 1 needs the proxy's credentials: FaultProxy(..., credentials=(id, key))")
        self._rules = rules

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How many requests came so far, by service and operation, including those that failed."""
        with self._lock:
            return self._requests.copy()

    def decide(self, request: Request) -> tuple[Rule | None, str]:
        """Records a request; returns the rule that fires, and the salt of its chances."""
        with self._lock:
            self._requests[request.service, request.operation] += 1
        for index, rule in enumerate(self._rules):
            salt = f"{self.seed}|{index}"
            if rule.concerns(request) and rule.fires(request, salt):
                return rule, salt
        return None, ""

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        serving = self._serve(listener)
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(serving,), name="fault-proxy", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        if self._failure:
            raise self._failure

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._accept, sock=listener, limit=_HEAD_LIMIT)
        await self._stopping.wait()
        server.close()
        while self._connections:
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # a transport closes its socket one turn after it is aborted

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve_connection(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        connection.add_done_callback(lambda _: writer.transport.abort())

    async def _serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Connection(self, reader, writer).serve()
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went away
        except Exception as failure:
            self._failure = failure
