"""Which mails of a run have been sent, so that two runs for one scheduled time send one mail to each recipient.

A run claims the sending before it begins and marks each recipient after the mail was accepted. Claim and marks are an
object beside the report (`.mail`) or, while the bucket is out of order, an attribute of the run's row of totals:
a run asks both and writes to the first that works. A claim ends by itself some seconds after its last mark, so that
another run can finish what a crashed one began.

What can repeat a mail: a crash, or a lost answer, between SES's acceptance and the mark; that one recipient gets it
again. And a repeated run that cannot read the place to which the first one wrote, or finds its mark damaged.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from handlers.reporter.keeping.storage import Storage
from handlers.reporter.keeping.totals import Totals
from handlers.shared.aws import dynamodb
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.protocol import AwsClient
from handlers.shared.deadlines import Deadlines

_ATTRIBUTE = "mail"
_LONGEST_CLAIM = 3600.0  # no run makes one of as many seconds: whatever did is not sending


class ClaimedError(Exception):
    """Another run for the same time is sending."""


class UnmarkableError(Exception):
    """No place took the claim, or none takes further marks; sending would risk repeated mails."""


@dataclass(frozen=True)
class Mark:
    """What is kept in a place.

    Attributes:
        owner: the run that holds the claim.
        until: when the claim ends, in seconds since 1970.
        sent: the recipients that have the mail, as `digest` gives them.
    """

    owner: str
    until: float
    sent: tuple[str, ...] = ()

    def dumps(self) -> str:
        """Writes the mark as JSON."""
        return json.dumps({"owner": self.owner, "until": self.until, "sent": list(self.sent)})

    @classmethod
    def loads(cls, text: str | bytes) -> "Mark":
        """Reads a mark from its JSON.

        Raises:
            ValueError: it is none.
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


Note = Callable[[str], object]


def _mark(text: str | bytes, where: str, note: Note) -> Mark | None:
    """Reads what a place holds; what somebody damaged is named, and is to be replaced."""
    try:
        return Mark.loads(text)
    except (ValueError, RecursionError):
        note(f"{where} is damaged: it is made anew, and mails of this run may be sent again")
        return None


def _forget(_: str) -> None:
    """Takes a note that nobody wants."""


class Place(Protocol):
    """Keeps a mark; every method raises AwsError or `UnmarkableError` when it is out of order."""

    def load(self) -> tuple[Mark | None, str | None]:
        """Gives the mark and its version; nothing and None where there is none."""
        ...

    def save(self, mark: Mark, version: str | None) -> str | None:
        """Replaces the mark of a version; gives the new version, None if it is no longer that version."""
        ...


class ObjectPlace:
    """Keeps the mark as an object."""

    def __init__(self, storage: Storage, key: str, note: Note = _forget) -> None:
        self._storage = storage
        self._key = key
        self._note = note

    def load(self) -> tuple[Mark | None, str | None]:
        """See `Place`."""
        there = self._storage.read(self._key)
        return (_mark(there.body, self._key, self._note), there.headers["etag"]) if there else (None, None)

    def save(self, mark: Mark, version: str | None) -> str | None:
        """See `Place`."""
        return self._storage.save(self._key, mark.dumps().encode(), version)


class RowPlace:
    """Keeps the mark in a totals row, beside the totals; the row has to be there."""

    def __init__(
        self, client: AwsClient, totals: Totals, generated_at: str, deadlines: Deadlines, note: Note = _forget
    ) -> None:
        self._client = client
        self._row = {"TableName": totals.table, "Key": totals.key(generated_at)}
        self._deadlines = deadlines
        self._note = note

    def load(self) -> tuple[Mark | None, str | None]:
        """See `Place`."""
        request = dynamodb.request("GetItem", self._row | {"ConsistentRead": True})
        row = self._client.call(request, deadline=self._deadlines.call()).json().get("Item")
        if row is None:
            raise UnmarkableError(f"{self._row['TableName']} has no row of this run")
        if _ATTRIBUTE not in row:
            return None, None
        where = f"{self._row['TableName']}, row of this run, attribute {_ATTRIBUTE}"
        text = row[_ATTRIBUTE].get("S")
        if text is None:
            raise UnmarkableError(f"{where} is no text")
        return _mark(text, where, self._note), text

    def save(self, mark: Mark, version: str | None) -> str | None:
        """See `Place`."""
        text = mark.dumps()
        values = {":new": {"S": text}} | ({} if version is None else {":old": {"S": version}})
        payload = self._row | {
            "UpdateExpression": "SET #mail = :new",
            "ConditionExpression": "attribute_not_exists(#mail)" if version is None else "#mail = :old",
            "ExpressionAttributeNames": {"#mail": _ATTRIBUTE},
            "ExpressionAttributeValues": values,
        }
        try:
            request = dynamodb.request("UpdateItem", payload, repeatable=True)
            self._client.call(request, deadline=self._deadlines.call())
        except AwsError as error:
            if error.code == "ConditionalCheckFailedException":
                return None
            raise
        return text


class Marks:
    """The claim of one run to send its mails, and the marks of those that have been sent."""

    def __init__(
        self, places: Sequence[Place], owner: str, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        """Makes no claim yet.

        Args:
            places: where the mark is kept, in an order that is the same in every run.
            owner: the invocation; one that Lambda repeats is the same owner.
            seconds: how long the claim holds from each write of the mark: longer than it takes to send one mail.
            clock: seconds since 1970.
        """
        self._places = places
        self._seconds = seconds
        self._clock = clock
        self._versions: dict[int, str | None] = {}
        self._mark = Mark(owner, 0.0)

    @property
    def sent(self) -> tuple[str, ...]:
        """The recipients that have the mail."""
        return self._mark.sent

    def claim(self) -> None:
        """Claims the sending.

        Raises:
            ClaimedError: another run holds the claim.
            UnmarkableError: no place works.
        """
        refusals = []
        for number, place in enumerate(self._places):
            try:
                there, self._versions[number] = place.load()
            except (AwsError, UnmarkableError) as error:
                refusals.append(str(error))
                continue
            if there:
                self._respect(there)
        self._write(self._seconds, refusals)

    def add(self, recipient: str) -> None:
        """Marks a recipient and prolongs the claim.

        Raises:
            ClaimedError: another run has taken the claim over.
            UnmarkableError: the mark is in no place.
        """
        self._mark = replace(self._mark, sent=(*self._mark.sent, recipient))
        self._write(self._seconds, [])

    def release(self) -> None:
        """Ends the claim; where that fails it ends by itself."""
        with suppress(ClaimedError, UnmarkableError):
            self._write(-1.0, [])

    def _respect(self, there: Mark) -> None:
        if there.owner != self._mark.owner and 0 < there.until - self._clock() < _LONGEST_CLAIM:
            raise ClaimedError("another run for this time is sending its mails")
        self._mark = replace(self._mark, sent=tuple(dict.fromkeys((*self._mark.sent, *there.sent))))

    def _write(self, seconds: float, refusals: list[str]) -> None:
        self._mark = replace(self._mark, until=self._clock() + seconds)
        for number, version in sorted(self._versions.items()):
            try:
                self._versions[number] = self._saved(self._places[number], version)
                return
            except AwsError as error:
                refusals.append(str(error))
                del self._versions[number]
        raise UnmarkableError(f"no place takes the marks of what is sent: {'; '.join(refusals)}")

    def _saved(self, place: Place, version: str | None) -> str:
        saved = place.save(self._mark, version)
        if saved is None:
            # A request that was repeated after a lost answer is refused because of itself.
            there, saved = place.load()
            if saved is None or there != self._mark:
                raise ClaimedError("another run for this time has taken over its mails")
        return saved


def digest(address: str) -> str:
    """Names a recipient in a mark without telling the address."""
    return sha256(address.encode()).hexdigest()[:32]
