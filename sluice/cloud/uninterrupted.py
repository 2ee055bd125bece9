"""Work that Ctrl-C cannot interrupt in the middle: Python's signal handlers interrupt only the main thread."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def uninterrupted(work: Callable[[], T], interrupted: Callable[[], None] = lambda: None) -> T:
    """Calls a function in a thread of its own, and returns its result or raises its error.

    Args:
        work: the function.
        interrupted: called when Ctrl-C comes meanwhile: `work` may then end early, but it ends before the interruption
            continues.
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
        outcome.exception()  # not `thread.join`, which treats the thread as ended after an interruption (CPython 3.11)
    except BaseException:
        interrupted()
        if not outcome.cancel():
            outcome.exception()
        raise
    return outcome.result()
