"""The mails that the emulator took, which AWS would have delivered."""

from datetime import UTC, datetime
from typing import Any, TypedDict

from sluice.cloud.emulator.own_paths import ask

_PATIENCE_SECONDS = 10

Mail = TypedDict("Mail", {"to": list[str], "from": str, "subject": str, "text": str, "html": str, "sent_at": str})


def mails(endpoint: str, token: str, *, after: int = 0) -> list[Mail]:
    """The mails sent so far, oldest first, without the first `after` of them.

    Args:
        endpoint: the emulator's address.
        token: what its own paths ask for.
        after: how many mails to pass over.

    Raises:
        OSError, http.client.HTTPException, ValueError: see `ask`.
    """
    accounts = ask(endpoint, "/_ministack/ses/messages", token, seconds=_PATIENCE_SECONDS)["messages"]
    sent = sorted((mail for account in accounts.values() for mail in account), key=lambda mail: mail["Timestamp"])
    return [_mail(one) for one in sent[after:]]


def _mail(sent: dict[str, Any]) -> Mail:
    return {
        "to": [*sent["To"], *sent["CC"], *sent["BCC"]],
        "from": sent["Source"],
        "subject": sent["Subject"],
        "text": sent["BodyText"] or "",
        "html": sent["BodyHtml"] or "",
        "sent_at": datetime.fromtimestamp(sent["Timestamp"], UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
    }
