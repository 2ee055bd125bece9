"""What functions call of a `Client`, for which a test may stand in."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.request import Request, Response


class AwsClient(Protocol):
    """See `Client`."""

    def call(self, request: Request, *, deadline: float | None = None) -> Response:
        """See `Client`."""
        ...

    def map(
        self, requests: Iterable[Request], *, in_flight: int = 16, deadline: float | None = None
    ) -> Iterator[tuple[Request, Response | AwsError]]:
        """See `Client`."""
        ...
