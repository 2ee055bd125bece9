"""What all pages share: the stack, whether it may be changed, and recent events."""

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
"""How old an answer may be, for AWS and for the embedded cloud: several pages and their reloads ask once."""
_NOTICES = 100
"""How many are kept: the page that follows an action shows its notice, and so do its reloads."""

_SERVICES = ("dynamodb", "lambda", "logs", "s3", "sqs", "scheduler", "cloudwatch", "sesv2")
"""Those that pages ask."""

T = TypeVar("T")


class Console:
    """A console for one stack.

    Attributes:
        stack: The stack's name.
        target: The stack as it is now; replaced when it is changed in place.
        program: The folder of its program; None if that is not known.
        feed: The events of the embedded cloud.
        logs: The functions' logs.
        outbox: The mails of the embedded cloud.
        failure_work: Redriving and discarding of failures.
        drafts: Files that were dropped and are not uploaded yet.
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
            for service in _SERVICES if self.is_read_only else (*_SERVICES, "dynamodbstreams"):
                self.target.client(service)
            self.remembered("logs", self.logs.read)

    def follow(self, target: Target) -> None:
        """Shows the stack as it is after a change in place."""
        self.target = target
        self.forget()

    def close(self) -> None:
        """Leaves nothing behind."""
        self.drafts.close()
        self.change_log.reading.close()

    @property
    def is_read_only(self) -> bool:
        """Whether it changes nothing, as for a stack in AWS."""
        return not self.target.endpoint

    def remembered(self, what: str, ask: Callable[[Target], T]) -> T:
        """Returns a recent answer of the stack, or asks now.

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
        """Returns the answers known within a moment to slow questions, by name; None for those not known yet.

        Those are still asked in the background: a page with `data-incomplete` in it is loaded again soon.

        Args:
            asks: Name of a question -> the function that asks it.
            age: Seconds for which an answer counts; by default as long as for `remembered`.
            until: How long to wait, as of `time.monotonic`; a moment by default.
        """
        target = self.target
        counted = _AGE_SECONDS[self.is_read_only] if age is None else age
        end = time.monotonic() + PATIENCE_SECONDS if until is None else until
        return self._questions.answers({name: partial(ask, target) for name, ask in asks.items()}, counted, end)

    def forget(self) -> None:
        """Forgets all answers, because an action has just changed something."""
        with self._lock:
            self._asked.clear()
        self._questions.forget()

    def keep_notice(self, text: str) -> str:
        """Keeps the result of an action for the page that follows; returns the notice's number."""
        number = str(next(self._numbers))
        self._notices[number] = text
        while len(self._notices) > _NOTICES:
            del self._notices[next(iter(self._notices))]
        return number

    def notice(self, number: str) -> str:
        """Returns a notice; empty if it is no longer kept."""
        return self._notices.get(number, "")
