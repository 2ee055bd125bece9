"""Mail: who got which mail, who was skipped and why; a watched change is mailed, an unwatched one is not."""

from collections import Counter
from typing import Any

from sluice.cloud.emulator.outbox import Mail, mails
from sluice.demo.scene import Scene
from sluice.samples import UNMAILABLE, sample
from sluice.terminal import plural, print_table, say

TITLE = "Mail: new and changed users"
PROVED = "each person is mailed once and nobody by mistake; what users typed is text in headers and HTML"

_RENAMED = ("u-001", "u-002", "u-003")


def run(scene: Scene) -> None:
    """Changes some names, waits for the mails and checks what each person got."""
    table, _ = scene.tables()
    for user_id in _RENAMED:
        table.update_item(
            Key={"userId": user_id},
            UpdateExpression="SET #name = :name",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={":name": f"{user_id} O'Neil <b>"},
        )
    scene.settle()
    users = {user["userId"]: user for user in sample("users.jsonl")}
    sent = mails(scene.stack.cloud.endpoint, scene.stack.cloud.token)
    welcomes = [mail for mail in sent if "welcome" in mail["subject"]]
    changes = [mail for mail in sent if mail not in welcomes]
    _show(welcomes, changes, users)
    _check(scene, welcomes, changes, users)


def _show(welcomes: list[Mail], changes: list[Mail], users: dict[str, dict[str, Any]]) -> None:
    say(f"{plural(len(welcomes), 'welcome')} and {plural(len(changes), 'notice')} of a changed profile went out:")
    rows = [(", ".join(mail["to"]), mail["subject"]) for mail in [*welcomes[:3], *changes]]
    print_table(("to", "subject"), *rows)
    say(f"{plural(len(UNMAILABLE), 'user')} skipped:")
    for user_id, reason in UNMAILABLE.items():
        say(f"  {user_id}  {reason}: {users[user_id].get('email')!r}")


def _check(scene: Scene, welcomes: list[Mail], changes: list[Mail], users: dict[str, dict[str, Any]]) -> None:
    due = {user["email"] for user_id, user in users.items() if user_id not in UNMAILABLE}
    got = Counter(address for mail in welcomes for address in mail["to"])
    scene.check(
        f"each of the {len(due)} users with a usable address has one welcome, nobody else has",
        holds=got == Counter(due),
        evidence=sorted(set(due) ^ set(got)) or [address for address, count in got.items() if count > 1],
    )
    renamed = sorted(users[user_id]["email"] for user_id in _RENAMED)
    addressees = sorted(address for mail in changes for address in mail["to"])
    scene.check("each of the three renamed has one notice; the 20 who moved, which is not watched, have none",
                holds=addressees == renamed, evidence=addressees)  # fmt: skip
    scene.check(
        "the notice names what changed and never the value",
        holds=all("O'Neil" not in mail["text"].partition("Something")[2] for mail in changes),
    )
    scene.check(
        "a name such as O'Neil <b> is right in the text and escaped in the HTML",
        holds=all("O'Neil <b>" in mail["text"] and "O&#x27;Neil &lt;b&gt;" in mail["html"] for mail in changes),
        evidence=[mail["text"] for mail in changes],
    )
    scene.check(
        "no name reached a header: no subject has a line break, no mail a second recipient",
        holds=all("\n" not in mail["subject"] and len(mail["to"]) == 1 for mail in welcomes + changes),
    )
