"""Work that Ctrl-C cannot break in the middle: Python's signal handlers interrupt the main thread only."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def uninterrupted(work: Callable[[], T], interrupted: Callable[[], None] = lambda: None) -> T:
    """Does something in a thread of its own, and returns or raises what came of it.

    Args:
        work: what to do.
        interrupted: called when Ctrl-C comes meanwhile: `work` may end early then, but it does end before the
            interruption goes on.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        if not outcome.set_running_or_notify_cancel():
            return  # Ctrl-C was faster
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    try:
        threading.Thread(target=run).start()
        outcome.exception()  # not `thread.join`, which takes the thread for ended after an interruption (CPython 3.11)
    except BaseException:
        interrupted()
        if not outcome.cancel():
            outcome.exception()
        raise
    return outcome.result()
