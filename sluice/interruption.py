"""Ctrl-C and SIGTERM ask for the same: an orderly end.

The first raises `KeyboardInterrupt`; what follows it is the clean-up, which no further one disturbs. Python swallows an
exception that comes up in a finaliser or a callback: hence the event, for who waits in a loop.
"""

import signal
import threading
from types import FrameType

asked = threading.Event()
"""Set once an end was asked for."""


def listen() -> None:
    """From now on both signals are heard; but for Ctrl-C in what a script put into the background, which ignores it."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    if not asked.is_set():
        asked.set()
        raise KeyboardInterrupt
