"""Mails a report once to each recipient, in separate mails, so that one refused recipient does not stop the others."""

import time
from collections.abc import Callable, Sequence

from handlers.reporter.keeping.marks import ClaimedError, Marks, MarksUnavailableError, digest
from handlers.reporter.showing.mail import Mail
from handlers.shared.aws import ses
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines
from handlers.shared.recipients import OnlyTo, UnusableAddressError, deliverable

_WAIT = 1.0


class Mailer:
    """Sends the mails of a run; its attributes say the result, even if `send` raises, without addresses for the log.

    Attributes:
        sent: the number of mails that SES accepted.
        before: the number of recipients who got theirs from an earlier run.
        refusals: a reason for each refused recipient.
    """

    def __init__(
        self,
        client: AwsClient,
        sender: str,
        configuration_set: str,
        deadlines: Deadlines,
        sleep: Callable[[float], object] = time.sleep,
        *,
        reply_to: str = "",
    ) -> None:
        self.sent = 0
        self.before = 0
        self.refusals: list[str] = []
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set
        self._reply_to = reply_to
        self._deadlines = deadlines
        self._sleep = sleep

    def send(self, mail: Mail, recipients: Sequence[str], marks: Marks) -> None:
        """Sends a mail to each recipient who does not have it.

        Raises:
            ClaimedError: another run was sending for all of this one's time.
            MarksUnavailableError: sent mails cannot be marked.
        """
        self._claim(marks)
        try:
            for number, recipient in enumerate(recipients, 1):
                self._send_one(mail, recipient, marks, f"recipient {number} of {len(recipients)}")
        finally:
            marks.release()

    def _claim(self, marks: Marks) -> None:
        """Waits while another run sends: it finishes soon, or its claim expires."""
        while True:
            try:
                return marks.claim()
            except ClaimedError:
                if self._is_late():
                    raise
            self._sleep(_WAIT)

    def _send_one(self, mail: Mail, recipient: str, marks: Marks, called: str) -> None:
        if digest(recipient) in marks.sent:
            self.before += 1
            return
        try:
            request = ses.send_email(payload(mail, recipient, self._sender, self._configuration_set, self._reply_to))
            self._client.call(request, deadline=self._deadlines.call())
        except AwsError as error:
            # The message may contain the address, which must not be logged.
            self.refusals.append(f"{called}: {error.code}")
            return
        self.sent += 1
        self._mark(recipient, marks)

    def _mark(self, recipient: str, marks: Marks) -> None:
        """Marks a recipient, retrying while there is time: without a mark, a repeated run would send the mail again."""
        while True:
            try:
                return marks.add(digest(recipient))
            except MarksUnavailableError as error:
                if not error.transient or self._is_late():
                    raise
            self._sleep(_WAIT)

    def _is_late(self) -> bool:
        return self._deadlines.clock() + _WAIT >= self._deadlines.calls


def payload(mail: Mail, recipient: str, sender: str, configuration_set: str, reply_to: str = "") -> dict[str, object]:
    """Returns the arguments of SES's SendEmail."""
    return {
        "FromEmailAddress": sender,
        **({"ReplyToAddresses": [reply_to]} if reply_to else {}),
        "ConfigurationSetName": configuration_set,
        "Destination": {"ToAddresses": [recipient]},
        "Content": {
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
            }
        },
    }


def usable(recipients: Sequence[str], only_to: Sequence[str]) -> list[str]:
    """Returns the recipients that can and may be mailed, each once, as SES takes them."""
    allowed = OnlyTo(list(only_to))
    addresses: list[str] = []
    for recipient in recipients:
        try:
            address = deliverable(recipient)
        except UnusableAddressError:
            continue
        if allowed.allows(address) and address not in addresses:
            addresses.append(address)
    return addresses
