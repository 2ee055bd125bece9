"""Marks which mails of a run were sent, so that two runs for one scheduled time send one mail to each recipient.

A run claims the sending before it begins, and marks each recipient after the mail was accepted. Claim and marks are an
object next to the report (`.mail`), which is only replaced if it is still the version that was read. A claim expires
some seconds after its last mark, so that another run can finish the work of a crashed one.

A run that cannot read or write the object mails nobody, fails, and is repeated. A row of totals would not do: it is
found by its group, and groups are settings.

A mail can be repeated after a crash, a lost answer, or an outage of the bucket until the run's end, between SES's
acceptance and the mark; only that recipient gets it again. So can mails whose mark somebody damaged.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

from handlers.reporter.keeping.storage import Storage
from handlers.shared.aws.errors import AwsError

_LONGEST_CLAIM = 3600.0  # seconds; no run makes a claim this long, so its owner is not sending


class ClaimedError(Exception):
    """Another run for the same time is sending."""


class MarksUnavailableError(Exception):
    """The mark cannot be read or written; sending would risk repeated mails.

    Attributes:
        transient: whether it may be possible later.
    """

    def __init__(self, error: AwsError) -> None:
        super().__init__(f"sent mails cannot be marked, so no more are sent: {error}")
        self.transient = error.transient


class Mark(NamedTuple):
    """The stored state of the sending."""

    owner: str
    """The run that holds the claim."""
    until: float
    """When the claim ends, in seconds since 1970."""
    sent: tuple[str, ...] = ()
    """The `digest`s of recipients that have the mail."""

    def claimed(self, owner: str, now: float) -> bool:
        """Tells whether another run holds the claim."""
        return self.owner != owner and 0 < self.until - now < _LONGEST_CLAIM

    def dumps(self) -> str:
        """Writes the mark as JSON."""
        return json.dumps({"owner": self.owner, "until": self.until, "sent": list(self.sent)})

    @classmethod
    def loads(cls, text: str | bytes) -> "Mark":
        """Reads a mark from its JSON.

        Raises:
            ValueError: it is not a mark.
        """
        mark = json.loads(text)
        try:
            owner, until, sent = mark["owner"], mark["until"], mark["sent"]
        except (LookupError, TypeError) as error:
            raise ValueError("no mark") from error
        texts = isinstance(sent, list) and all(isinstance(value, str) for value in (owner, *sent))
        if not texts or not isinstance(until, (int, float)):
            raise ValueError("no mark")
        return cls(owner, until, tuple(sent))


def read_mark(text: str | bytes, where: str, note: Callable[[str], object]) -> Mark | None:
    """Reads a stored mark; notes a damaged one, which is to be replaced."""
    try:
        return Mark.loads(text)
    except (ValueError, RecursionError):
        note(f"{where} is damaged: it is written again, and mails of this run may be repeated")
        return None


class MarkStore:
    """Keeps the mark of a run as an object; its methods raise AwsError if the bucket fails."""

    def __init__(self, storage: Storage, key: str, note: Callable[[str], object]) -> None:
        self._storage = storage
        self._key = key
        self._note = note

    def load(self) -> tuple[Mark | None, str | None]:
        """Returns the mark and its version; None and None if there is none."""
        stored = self._storage.read(self._key)
        return (read_mark(stored.body, self._key, self._note), stored.headers["etag"]) if stored else (None, None)

    def save(self, mark: Mark, version: str | None) -> str | None:
        """Replaces the mark if it has this version; returns the new version, or None if it has another."""
        return self._storage.save(self._key, mark.dumps().encode(), version)


class Marks:
    """One run's claim to send its mails, and the marks of sent ones."""

    def __init__(
        self,
        store: MarkStore,
        owner: str,
        seconds: float,
        clock: Callable[[], float] = time.time,
        former: Mark | None = None,
    ) -> None:
        """Makes no claim yet.

        Args:
            store: keeps the mark.
            owner: the invocation; one that Lambda retries is the same owner.
            seconds: how long the claim holds after each write of the mark: longer than sending one mail takes.
            clock: seconds since 1970.
            former: the mark of this run's mails that the previous release kept elsewhere.
        """
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._version: str | None = None
        self._mark = Mark(owner, 0.0, former.sent if former else ())
        self._is_overtaken = former is not None and former.claimed(owner, clock())  # still sending, and marks elsewhere

    @property
    def sent(self) -> tuple[str, ...]:
        """The recipients that have the mail."""
        return self._mark.sent

    def claim(self) -> None:
        """Claims the sending.

        Raises:
            ClaimedError: another run holds the claim.
            MarksUnavailableError: the mark cannot be read or written.
        """
        try:
            mark, self._version = self._store.load()
        except AwsError as error:
            raise MarksUnavailableError(error) from error
        if self._is_overtaken or (mark and mark.claimed(self._mark.owner, self._clock())):
            raise ClaimedError("another run for this time is sending its mails")
        if mark:
            self._include(*mark.sent)
        self._write(self._seconds)

    def add(self, recipient: str) -> None:
        """Marks a recipient and extends the claim; may be repeated.

        Raises:
            ClaimedError: another run has taken over the claim.
            MarksUnavailableError: the mark was not written.
        """
        self._include(recipient)
        self._write(self._seconds)

    def release(self) -> None:
        """Ends the claim; if that fails, it expires."""
        with suppress(ClaimedError, MarksUnavailableError):
            self._write(-1.0)

    def _include(self, *recipients: str) -> None:
        self._mark = self._mark._replace(sent=tuple(dict.fromkeys((*self._mark.sent, *recipients))))

    def _write(self, seconds: float) -> None:
        self._mark = self._mark._replace(until=self._clock() + seconds)
        try:
            version = self._store.save(self._mark, self._version)
            if version is None:
                # A request retried after a lost answer is refused because its first attempt succeeded.
                mark, version = self._store.load()
                if version is None or mark != self._mark:
                    raise ClaimedError("another run for this time has taken over its mails")
        except AwsError as error:
            raise MarksUnavailableError(error) from error
        self._version = version


def digest(address: str) -> str:
    """Identifies a recipient in a mark without the address."""
    return sha256(address.encode()).hexdigest()[:32]
