"""The events that an open page receives: which functions have just taken records, and that time has passed.

They are server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. With each one a page
reloads itself and updates what has changed in its live regions.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sluice.cloud.triggers.schedules import Fired
from sluice.cloud.triggers.streams import events
from sluice.console.console import Console
from sluice.console.feed import Happening
from sluice.console.web.rendering import console_of

_LOOK_SECONDS = 0.2
_IDLE_SECONDS = {True: 10.0, False: 2.0}
"""The longest pause between two events, for AWS and for the embedded cloud: a page then shows what no event reports,
such as a mail."""


async def follow(request: Request) -> StreamingResponse:
    """Sends events to a page until it is closed."""
    return StreamingResponse(_told(console_of(request)), media_type="text/event-stream")


async def _told(console: Console) -> AsyncIterator[str]:
    number, idle = console.feed.told, 0.0
    yield "retry: 2000\n\n"
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        new = console.feed.after(number)
        idle += _LOOK_SECONDS
        if new or idle >= _IDLE_SECONDS[console.is_read_only]:
            number, idle = new[-1].number if new else number, 0.0
            yield f"data: {json.dumps(_moved(new))}\n\n"


def _moved(new: Iterable[Happening]) -> dict[str, int]:
    """Physical name of a function -> how many records it took, or how often it was called."""
    moved: Counter[str] = Counter()
    for happening in new:
        match happening.event:
            case events.Invoked(function=function, records=records, failed=failed):
                moved[function] += records - failed
            case Fired(function=function, error=None):
                moved[function] += 1
    return dict(+moved)


ROUTES = [Route("/live", follow, name="live")]
