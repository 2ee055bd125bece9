"""What all pages share: the stack, whether it may be changed, and what happened lately."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import click

from sluice.aws_errors import AWS_ERRORS
from sluice.console.changes.change_log import ChangeLog
from sluice.console.drafts import Drafts
from sluice.console.failure_work import FailureWork
from sluice.console.feed import Feed
from sluice.console.function_logs import FunctionLogs
from sluice.console.outbox import Outbox
from sluice.console.questions import PATIENCE_SECONDS, Questions
from sluice.target import Target

_AGE_SECONDS = {True: 10.0, False: 0.5}
"""How old an answer may be, at AWS and here: several pages, and what they reload, ask once."""
_NOTICES = 100
"""How many are kept: each is shown by the page that follows an action, and by its reloads."""

_SERVICES = ("dynamodb", "lambda", "logs", "s3", "sqs", "scheduler", "cloudwatch", "dynamodbstreams", "sesv2")
"""Those that pages ask."""

T = TypeVar("T")


class Console:
    """A console for one stack.

    Attributes:
        stack: What the stack is called.
        target: The stack as it is now; another after a change in place.
        program: The folder of its program; None where that is not known.
        feed: What happens.
        logs: What the functions say.
        outbox: The mails of the embedded cloud.
        failure_work: What is done to failures.
        drafts: Files that were given and are not sent yet.
        change_log: The changes of its tables.
    """

    def __init__(self, stack: str, target: Target, program: Path | None, feed: Feed) -> None:
        self.stack, self.target, self.program, self.feed = stack, target, program, feed
        self.logs = FunctionLogs()
        self.outbox = Outbox()
        self.failure_work = FailureWork()
        self.drafts = Drafts()
        self.change_log = ChangeLog(program)
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[threading.Lock, list[Any]]] = {}
        self._questions = Questions()
        self._notices: dict[str, str] = {}
        self._numbers = count(1)

    def prepare(self) -> None:
        """Does what the first pages would wait for: makes clients and reads the logs; a page says where that fails."""
        with suppress(*AWS_ERRORS, click.ClickException):
            for service in _SERVICES:
                self.target.client(service)
            self.remembered("logs", self.logs.read)

    def follow(self, target: Target) -> None:
        """Shows the stack as it is now, which was changed in place."""
        self.target = target
        self.forget()

    def close(self) -> None:
        """Leaves nothing behind."""
        self.drafts.close()
        self.change_log.reading.close()

    @property
    def is_read_only(self) -> bool:
        """Whether it only looks, as at a stack in AWS."""
        return not self.target.endpoint

    def remembered(self, what: str, ask: Callable[[Target], T]) -> T:
        """Returns what the stack answered a moment ago, or answers now.

        Args:
            what: Names the question.
            ask: Asks it.
        """
        with self._lock:
            lock, answered = self._asked.setdefault(what, (threading.Lock(), []))
        with lock:
            now = time.monotonic()
            if not answered or now - answered[0] > _AGE_SECONDS[self.is_read_only]:
                answered[:] = now, ask(self.target)
            return answered[1]

    def known(
        self, asks: Mapping[str, Callable[[Target], Any]], age: float | None = None, until: float | None = None
    ) -> dict[str, Any]:
        """Returns what is known within a moment of what may take long, by the names of questions; None of the rest.

        What is not known yet is asked on in the background: a page with `data-incomplete` in it is loaded again soon.

        Args:
            asks: What names a question -> what asks it.
            age: Seconds that an answer counts: as long as of `remembered` by default.
            until: How long it is waited, of `time.monotonic`: for a moment by default.
        """
        target = self.target
        counted = _AGE_SECONDS[self.is_read_only] if age is None else age
        end = time.monotonic() + PATIENCE_SECONDS if until is None else until
        return self._questions.answers({name: partial(ask, target) for name, ask in asks.items()}, counted, end)

    def forget(self) -> None:
        """Has everything asked anew: something was done just now."""
        with self._lock:
            self._asked.clear()
        self._questions.forget()

    def keep_notice(self, text: str) -> str:
        """Keeps what an action came to for the page that follows; returns what it is found by."""
        number = str(next(self._numbers))
        self._notices[number] = text
        while len(self._notices) > _NOTICES:
            del self._notices[next(iter(self._notices))]
        return number

    def notice(self, number: str) -> str:
        """Returns a notice; empty where it is not kept any more."""
        return self._notices.get(number, "")
