"""Questions whose answers may take long: a page shows those known within a moment, and a reload shows the rest."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

PATIENCE_SECONDS = 0.08
"""How long a page waits for answers."""
_RATIO = 5
"""A question is asked again no sooner than this many times as long as its answer took."""
_KEPT = 1000
"""How many answers are kept: those used last."""
_THREADS = 8


class Questions:
    """Questions asked in the background, with their last answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Question] = OrderedDict()
        self._pool = ThreadPoolExecutor(_THREADS, "console")

    def answers(self, asks: Mapping[str, Callable[[], Any]], age: float, until: float) -> dict[str, Any]:
        """Returns the answers that arrive in time; older ones, or None, for the others.

        Args:
            asks: Name of a question -> the function that asks it.
            age: Seconds for which an answer counts, longer if it took long; `inf`: for ever.
            until: How long to wait, as of `time.monotonic`.

        Raises:
            Exception: Whatever a question raised.
        """
        with self._lock:
            questions = [self._kept.setdefault(name, _Question()) for name in asks]
            for name in asks:
                self._kept.move_to_end(name)
            while len(self._kept) > max(_KEPT, len(asks)):
                self._kept.popitem(last=False)
        asked = [question.asked(ask, age, self._pool) for question, ask in zip(questions, asks.values(), strict=True)]
        for future in filter(None, asked):
            if wait([future], max(until - time.monotonic(), 0)).done:
                future.result()
        return {name: question.answer for name, question in zip(asks, questions, strict=True)}

    def forget(self) -> None:
        """Forgets all answers, and those of questions that are being asked."""
        with self._lock:
            self._kept.clear()


class _Question:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None
        self._again = 0.0
        """When it is asked again, as of `time.monotonic`."""
        self.answer: Any = None

    def asked(self, ask: Callable[[], Any], age: float, pool: ThreadPoolExecutor) -> "Future[None] | None":
        """Asks it if that is due; None while the answer counts."""
        with self._lock:
            if self._asked is None and time.monotonic() >= self._again:
                self._asked = pool.submit(self._ask, ask, age)
            return self._asked

    def _ask(self, ask: Callable[[], Any], age: float) -> None:
        began = time.monotonic()
        try:
            self.answer = ask()
        except BaseException:
            with self._lock:
                self._asked = None
            raise
        ended = time.monotonic()
        with self._lock:
            self._asked, self._again = None, ended + max(age, _RATIO * (ended - began))
