"""Mails a report: one mail a recipient, so that one who is refused stops no other, and each only once."""

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
    """Sends the mails of a run, and says what became of them, also where `send` raises; no addresses, for it is logged.

    Attributes:
        sent: mails that SES accepted.
        before: recipients who had theirs from an earlier run.
        refusals: a reason for each recipient who was refused.
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
            ClaimedError: another run was sending, all the time that this one had.
            MarksUnavailableError: what is sent cannot be marked.
        """
        self._claim(marks)
        try:
            for number, recipient in enumerate(recipients, 1):
                self._send_one(mail, recipient, marks, f"recipient {number} of {len(recipients)}")
        finally:
            marks.release()

    def _claim(self, marks: Marks) -> None:
        """Waits while another run sends: it is done soon, or its claim ends."""
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
            # Its message may repeat the address, which must not be logged.
            self.refusals.append(f"{called}: {error.code}")
            return
        self.sent += 1
        self._mark(recipient, marks)

    def _mark(self, recipient: str, marks: Marks) -> None:
        """Marks one who has the mail, for as long as there is time: a repeated run would send it again."""
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
    """Gives the arguments of SES's SendEmail."""
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
    """Gives the recipients that can be mailed and may be, each once, as SES takes them."""
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
