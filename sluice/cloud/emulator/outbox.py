"""The mails sent in the emulator, which AWS would have delivered."""

from datetime import UTC, datetime
from typing import Any, NamedTuple, TypedDict

from sluice.cloud.emulator.corrections import OUTBOX
from sluice.cloud.emulator.own_paths import ask

_PATIENCE_SECONDS = 10
_AT_ONCE = 500
"""Mails in one answer; most have a few KB, reports up to 100."""

Mail = TypedDict("Mail", {"to": list[str], "from": str, "subject": str, "text": str, "html": str, "sent_at": str})


class Sent(NamedTuple):
    """A mail, with its origin."""

    number: int
    """Its number among all mails, from 1."""
    id: str
    """SES's message id."""
    mail: Mail
    template: str
    """The name in SES; empty if it has no template."""
    data: str
    """The template's data, as JSON."""
    configuration_set: str


def mails(endpoint: str, token: str, *, after: int = 0) -> list[Mail]:
    """The mails sent so far, oldest first, without the first `after` of them.

    They are read in pieces, and only those not seen before, however many there are.

    Args:
        endpoint: the emulator's address.
        token: the token for its own paths.
        after: how many mails to skip.

    Raises:
        OSError, http.client.HTTPException, ValueError: see `ask`.
    """
    found: list[Mail] = []
    while True:
        total, sent = sent_mails(endpoint, token, after=after + len(found))
        found += [each.mail for each in sent]
        if not sent or after + len(found) >= total:
            return found


def sent_mails(
    endpoint: str, token: str, *, after: int, most: int = _AT_ONCE, html: bool = True
) -> tuple[int, list[Sent]]:
    """Returns how many mails were sent, and those after a number, oldest first.

    Args:
        endpoint: the emulator's address.
        token: the token for its own paths.
        after: how many mails to skip.
        most: how many to return at most.
        html: whether to include their HTML, which is most of their size; otherwise it is empty.

    Raises:
        OSError, http.client.HTTPException, ValueError: see `ask`.
    """
    path = f"{OUTBOX}?after={after}&most={most}&html={'yes' if html else 'no'}"
    answer = ask(endpoint, path, token, seconds=_PATIENCE_SECONDS)
    return answer["total"], [_sent(number, each) for number, each in enumerate(answer["mails"], after + 1)]


def _sent(number: int, kept: dict[str, Any]) -> Sent:
    mail: Mail = {
        "to": [*kept["To"], *kept.get("CC", ()), *kept.get("BCC", ())],
        "from": kept["Source"],
        "subject": kept.get("RenderedSubject") or kept.get("Subject") or "",
        "text": kept.get("RenderedBodyText") or kept.get("BodyText") or "",
        "html": kept.get("RenderedBodyHtml") or kept.get("BodyHtml") or "",
        "sent_at": datetime.fromtimestamp(kept["Timestamp"], UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
    }
    template, data = kept.get("Template", ""), kept.get("TemplateData", "")
    return Sent(number, kept["MessageId"], mail, template, data, kept.get("ConfigurationSetName", ""))
