"""A client of one AWS service (for S3, of one bucket)."""

from collections.abc import Generator, Iterable, Iterator
from typing import Protocol

from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.flight import Flight
from handlers.shared.aws.request import Request, Response
from handlers.shared.aws.session import Session


class AwsClient(Protocol):
    """The methods of `Client` that functions call and tests may replace."""

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        """See `Client`."""
        ...

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        """See `Client`."""
        ...


class Client:
    """Calls one service from one thread, over connections that it keeps between invocations.

    Attributes:
        session: For code that sends requests itself.
    """

    def __init__(self, session: Session):
        self.session = session

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        """Returns the answer to one request; raises AwsError.

        No wait or retry exceeds `deadline`, a `time.monotonic()` value; by default 30 s from now.
        """
        flight = Flight(self.session, deadline)
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
            requests: Taken one by one, when there is room. An exhausted iterator (not a generator) is asked again after
                each outcome, which may have brought more.
            in_flight: How many are sent or wait for a retry at once, each on its own connection.
            deadline: As for `call`; the default counts from each request's first attempt.
        """
        source = iter(requests)
        flight = Flight(self.session, deadline)
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
        self.session.close()
