"""Ctrl-C and SIGTERM both ask for an orderly end.

The first one raises `KeyboardInterrupt`; the clean-up after it is not disturbed by further ones. Python swallows an
exception raised in a finaliser or a callback, so code that waits in a loop checks the event.
"""

import signal
import threading
from types import FrameType

asked = threading.Event()
"""Set once an end has been requested."""


def listen() -> None:
    """Handles both signals from now on, except Ctrl-C in a script's background process, which ignores it."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    if not asked.is_set():
        asked.set()
        raise KeyboardInterrupt
