"""The mails of the embedded cloud, as far as they were read: an index to search, and single whole mails."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import click

from sluice.cloud.emulator.outbox import Sent, sent_mails
from sluice.cloud.emulator.own_paths import UNREACHABLE
from sluice.target import UNANSWERED, Target

KEPT = 10_000
"""How many of the newest mails can be searched; others can still be shown by their number."""
_AT_ONCE = 500
_SEARCHED = 2000
"""How many characters of a mail are searched."""
_SECONDS = 0.12
"""How long a page waits for older mails: reading goes on in the background, and the next page has more."""
_PAUSE_SECONDS = 0.005
"""Between two pieces of older mails: others wait for the same lock."""
_FAR_BEHIND = 2000
"""If more mails than this came since the last look, the newest are read first."""


class Line(NamedTuple):
    """A mail in the list of mails."""

    number: int
    sent_at: str
    to: tuple[str, ...]
    subject: str
    template: str
    content: bytes
    """See `content_of`."""
    searched: str
    """Addresses, subject and text, in lower case."""
    seconds: float
    """When it was sent, since the epoch."""


class Outbox:
    """The newest mails, of which each look reads more, from the newest back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[Line] = deque()
        self._by_content: dict[bytes, list[Line]] = {}
        self._total = self._read_to = self._read_from = 0
        self._thread: threading.Thread | None = None

    def look(self, target: Target, seconds: float = _SECONDS) -> int:
        """Reads new mails, starts to read older ones, from the newest back, and returns how many mails there are.

        Raises:
            click.ClickException: The embedded cloud does not answer.
        """
        with self._lock:
            try:
                self._read_new(target)
            except UNREACHABLE as error:
                raise click.ClickException(UNANSWERED.format(error)) from None
            total, thread = self._total, self._thread
            if self._lacks_older and not thread:
                thread = self._thread = threading.Thread(
                    target=self._read_older, args=(target,), name="outbox", daemon=True
                )
                thread.start()
        if thread:
            thread.join(seconds)
        return total

    @property
    def known(self) -> int:
        """How many mails can be searched."""
        return len(self._lines)

    def found(self, words: str = "", template: str | None = None) -> list[Line]:
        """Returns the mails that have all the words in address, subject or text, the newest first.

        Args:
            words: The words, in any case.
            template: The SES name of the mails' template; empty for mails without one, None for all.
        """
        wanted = words.lower().split()
        with self._lock:
            lines = list(self._lines)
        return [
            line
            for line in reversed(lines)
            if (template is None or line.template == template) and all(word in line.searched for word in wanted)
        ]

    def alike(self, content: bytes) -> list[Line]:
        """Returns the mails with this `content_of`, the oldest first."""
        with self._lock:
            return sorted(self._by_content.get(content, ()))

    def _read_new(self, target: Target) -> None:
        self._total, _ = self._ask(target, self._read_to, 0)
        if self._total - self._read_to > _FAR_BEHIND or self._total < self._read_to:  # or it is another cloud by now
            self._lines.clear()
            self._by_content.clear()
            self._read_from = self._read_to = max(0, self._total - _AT_ONCE)
        while self._read_to < self._total:
            _, new = self._ask(target, self._read_to, _AT_ONCE)
            if not new:
                break
            for line in map(_line, new):
                self._lines.append(line)
                self._by_content.setdefault(line.content, []).append(line)
            self._read_to += len(new)
        while len(self._lines) > KEPT:
            old = self._lines.popleft()
            self._by_content[old.content].remove(old)
            if not self._by_content[old.content]:
                del self._by_content[old.content]
            self._read_from = self._lines[0].number - 1

    @property
    def _lacks_older(self) -> bool:
        return bool(self._read_from) and len(self._lines) < KEPT

    def _read_older(self, target: Target) -> None:
        """Reads older mails, a piece at a time; if that fails, the next look begins again."""
        try:
            while self._has_read_older(target):
                time.sleep(_PAUSE_SECONDS)
        finally:
            with self._lock:
                self._thread = None

    def _has_read_older(self, target: Target) -> bool:
        """Reads one piece without blocking pages; returns False if there is none, or it could not be read."""
        with self._lock:
            before = self._read_from
            after = max(0, before - _AT_ONCE)
            if not self._lacks_older:
                return False
        try:
            _, older = self._ask(target, after, before - after)
        except UNREACHABLE:
            return False
        with self._lock:
            if self._read_from == before:  # else the list was cleared meanwhile, or its oldest mails dropped
                for line in map(_line, reversed(older)):
                    self._lines.appendleft(line)
                    self._by_content.setdefault(line.content, []).append(line)
                self._read_from = after
        return True

    @staticmethod
    def _ask(target: Target, after: int, most: int) -> tuple[int, list[Sent]]:
        return sent_mails(target.endpoint or "", target.token, after=after, most=most, html=False)


def mail_of(target: Target, number: int) -> Sent | None:
    """Returns a whole mail by its number; None if there is none.

    Raises:
        click.ClickException: The embedded cloud does not answer.
    """
    try:
        _, sent = sent_mails(target.endpoint or "", target.token, after=number - 1, most=1)
    except UNREACHABLE as error:
        raise click.ClickException(UNANSWERED.format(error)) from None
    return sent[0] if sent else None


def _line(sent: Sent) -> Line:
    mail = sent.mail
    to = tuple(mail["to"])
    searched = " ".join([*to, mail["subject"], mail["text"]])[:_SEARCHED].lower()
    return Line(
        sent.number,
        mail["sent_at"],
        to,
        mail["subject"],
        sent.template,
        content_of(to, sent.template, sent.data),
        searched,
        datetime.fromisoformat(mail["sent_at"]).timestamp(),
    )


def content_of(to: Sequence[str], template: str, data: str) -> bytes:
    """Returns a digest of a mail's addresses, its template's SES name and the template's data."""
    return hashlib.sha256(repr((tuple(to), template, data)).encode()).digest()
