"""Delivers a batch's mails in bulk, marking them after every call, until all are settled or time is up."""

from collections.abc import Iterable, Iterator, Sequence

from handlers.notifier.deadlines import BatchDeadlines
from handlers.notifier.decisions import Mail
from handlers.notifier.marks import Claim, Marks, MarksUnavailableError
from handlers.notifier.sending import MAILS_AT_ONCE, Answer, Rule, Sender

NOT_BEGUN = "not_begun"
CLAIMED = "claimed"


class Delivery:
    """One delivery and its result. Every mail ends in exactly one of the first four.

    Attributes:
        sent: The number of mails that SES accepted.
        already_sent: The number of mails that were marked before.
        refused: Mark -> SES's code, for mails that SES will never take.
        unsent: Mark -> reason, for mails to be handed back.
        failed: Template -> SES's code, for templates that cannot be sent until somebody acts.
        unmarked: The number of sent mails that could not be marked; a retry would send them again.
    """

    def __init__(self, sender: Sender, marks: Marks, deadlines: BatchDeadlines) -> None:
        self.sent = 0
        self.already_sent = 0
        self.refused: dict[str, str] = {}
        self.unsent: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.unmarked = 0
        self._sender = sender
        self._marks = marks
        self._deadlines = deadlines
        self._accepted: set[str] = set()
        self._begun = False
        self._stopped = False

    def deliver(self, mails: Sequence[Mail]) -> None:
        """Sends those mails that are not marked yet; their marks must differ.

        Raises:
            MarksUnavailableError: The marks could not be read; nothing was sent.
        """
        marks = self._marks.present([mail.mark for mail in mails], self._deadlines)
        self.already_sent = len(marks)
        self._send([mail for mail in mails if mail.mark not in marks])

    def deliver_claimed(self, mails: Sequence[Mail], claim: Claim) -> None:
        """Sends like `deliver`, each mail under a claim.

        Waits for mails that another invocation has claimed until they are marked or free again.

        Raises:
            MarksUnavailableError: Claims or marks were unavailable; nothing more was sent.
        """
        attempt = 0
        rest = self._deliver_free(mails, claim)
        while rest and not self._stopped and not self.failed and self._deadlines.wait(attempt, self._deadlines.work):
            rest = self._deliver_free(rest, claim)
            attempt += 1
        self.unsent |= {mail.mark: CLAIMED for mail in rest}

    def _deliver_free(self, mails: Sequence[Mail], claim: Claim) -> list[Mail]:
        """Delivers the mails that no other invocation has claimed; returns those claimed and not marked."""
        wanted = [mail.mark for mail in mails]
        claims = self._marks.claim(wanted, claim, self._deadlines)
        try:
            marks = self._marks.present(wanted, self._deadlines)
        except MarksUnavailableError:
            self._marks.release(claims, self._deadlines)
            raise
        self.already_sent += len(marks)
        free = claims - marks
        self._send([mail for mail in mails if mail.mark in free])
        self._marks.release(claims - self._accepted, self._deadlines)
        return [mail for mail in mails if mail.mark not in claims | marks]

    def _send(self, mails: list[Mail]) -> None:
        self.unsent |= {mail.mark: NOT_BEGUN for mail in mails}
        for call in bulk_calls(mails):
            self._settle(call)

    def _settle(self, mails: list[Mail]) -> None:
        attempt = 0
        while mails and self._may_call(mails[0].template, attempt):
            answers = self._sender.send(mails[0].template, mails, self._deadlines.answers)
            if answers[0].rule is Rule.SPLIT and len(mails) > 1:
                middle = len(mails) // 2
                self._settle(mails[:middle])
                self._settle(mails[middle:])
                return
            mails = self._apply(mails, answers)
            attempt += 1

    def _may_call(self, template: str, attempt: int) -> bool:
        if self._stopped or template in self.failed:
            return False
        if attempt:
            self._stopped = not self._deadlines.wait(attempt, self._deadlines.work)
        elif self._begun:
            self._stopped = self._deadlines.work_is_over
        self._begun = True
        return not self._stopped

    def _apply(self, mails: list[Mail], answers: list[Answer]) -> list[Mail]:
        """Acts on the answers; returns the mails to send again."""
        successes, again = [], []
        for mail, (rule, code) in zip(mails, answers, strict=True):
            self.unsent[mail.mark] = code
            if rule is Rule.SENT:
                successes.append(mail.mark)
            elif rule is Rule.WAIT:
                again.append(mail)
            elif rule in (Rule.SKIP, Rule.SPLIT):
                self.refused[mail.mark] = self.unsent.pop(mail.mark)
            elif rule is Rule.FAIL:
                self.failed[mail.template] = code
            elif rule is Rule.UNKNOWN:
                self._stopped = True
        self._mark(successes)
        return again

    def _mark(self, marks: list[str]) -> None:
        self.sent += len(marks)
        self._accepted.update(marks)
        for mark in marks:
            del self.unsent[mark]
        try:
            self._marks.write(marks, self._deadlines)
        except MarksUnavailableError:
            # Failing here would mail all of them again; the mails handed back are mostly later ones.
            self.unmarked += len(marks)
            self._stopped = True


def bulk_calls(mails: Iterable[Mail]) -> Iterator[list[Mail]]:
    """Groups mails into calls of one template each, as large as possible while keeping each person's mails in order.

    Mails that need no order ignore it: a fixed address gets mails of several templates about every record.
    """
    latest: dict[str, tuple[int, str]] = {}
    groups: dict[tuple[int, str], list[Mail]] = {}
    for mail in mails:
        key = (0, mail.template)
        if mail.in_order:
            turn, template = latest.get(mail.to, key)
            key = latest[mail.to] = (turn + (template != mail.template), mail.template)
        groups.setdefault(key, []).append(mail)
    for _, group in sorted(groups.items(), key=lambda item: item[0][0]):
        for start in range(0, len(group), MAILS_AT_ONCE):
            yield group[start : start + MAILS_AT_ONCE]
