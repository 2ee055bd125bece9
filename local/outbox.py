"""The mails that the emulator took, which AWS would have delivered."""

import json
import urllib.request
from datetime import UTC, datetime
from typing import Any, TypedDict

_PATIENCE_SECONDS = 10

Mail = TypedDict("Mail", {"to": list[str], "from": str, "subject": str, "text": str, "html": str, "sent_at": str})


def mails(endpoint: str, *, after: int = 0) -> list[Mail]:
    """The mails sent so far, oldest first, without the first `after` of them.

    Raises:
        OSError: nothing answers at the endpoint, or not in time.
    """
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages", timeout=_PATIENCE_SECONDS) as answer:
        accounts = json.load(answer)["messages"]
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
