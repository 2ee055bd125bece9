"""The mails that the emulator took, which AWS would have delivered."""

import json
import urllib.request
from datetime import UTC, datetime
from typing import TypedDict

Mail = TypedDict("Mail", {"to": list[str], "from": str, "subject": str, "text": str, "html": str, "sent_at": str})


def mails(endpoint: str) -> list[Mail]:
    """All mails sent so far, oldest first."""
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages") as answer:
        accounts = json.load(answer)["messages"]
    return [
        {
            "to": [*sent["To"], *sent["CC"], *sent["BCC"]],
            "from": sent["Source"],
            "subject": sent["Subject"],
            "text": sent["BodyText"],
            "html": sent["BodyHtml"],
            "sent_at": datetime.fromtimestamp(sent["Timestamp"], UTC).isoformat(timespec="milliseconds"),
        }
        for account in accounts.values()
        for sent in sorted(account, key=lambda sent: sent["Timestamp"])
    ]
