"""Stream: users of two tables are written, changed and removed; one audit trail holds it, and a poisoned record too."""

from collections import Counter
from typing import Any

from sluice.cloud.faults.rules import Rule
from sluice.demo.scene import Scene
from sluice.failures.stream import redrive_stream, stream_failures
from sluice.samples import sample
from sluice.terminal import plural, say
from sluice.trail import lines_of
from sluice.trail import show as show_trail

TITLE = "Stream: two tables of users -> one audit trail in S3"
PROVED = "each change is in the audit trail, once; a record that breaks a function holds up no other and is sent again"

_MOVED = slice(0, 20)
"""Users who get another city, which no rule watches."""
_REMOVED = slice(200, 220)
_POISONED = "u-230"
_SECOND = 150
"""The index of the first user in the second table."""


def run(scene: Scene) -> None:
    """Runs the pipeline and checks its promises."""
    users = sample("users.jsonl")
    poison = Rule("function_error", service="lambda", operation="Invoke", when=lambda request: _holds(request.body))
    scene.faults.rules = [poison]
    first, second = scene.tables()
    for table, its in ((first, users[:_SECOND]), (second, users[_SECOND:])):
        with table.batch_writer() as writer:
            for user in its:
                writer.put_item(Item=user)
    for user in users[_MOVED]:
        first.update_item(
            Key={"userId": user["userId"]},
            UpdateExpression="SET city = :city",
            ExpressionAttributeValues={":city": "Lund"},
        )
    for user in users[_REMOVED]:
        second.delete_item(Key={"userId": user["userId"]})
    moved, removed = len(users[_MOVED]), len(users[_REMOVED])
    say(f"{plural(len(users), 'user')} written into two tables, {moved} changed, {removed} removed; every invocation")
    say(f"that holds {_POISONED} is made to crash.")
    scene.settle()
    lines = lines_of(scene.target)
    _show(lines)
    _check_archive(scene, users, lines)
    _check_poison(scene, poison)


def _holds(body: bytes) -> bool:
    return f'"{_POISONED}"'.encode() in body


def _show(lines: list[dict[str, Any]]) -> None:
    say(f"The audit trail holds {plural(len(lines), 'line')}; the first and the last of them:")
    show_trail([*lines[:3], *lines[-3:]])


def _check_archive(scene: Scene, users: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
    healthy = {user["userId"]: user for user in users if user["userId"] != _POISONED}
    inserts = {line["keys"]["userId"]: line for line in lines if line["event"] == "INSERT"}
    removals = {line["keys"]["userId"]: line for line in lines if line["event"] == "REMOVE"}
    absent = {user["userId"] for user in users[_REMOVED]}
    scene.check(
        f"each of the other {len(healthy)} users is in the audit trail exactly as written",
        holds={key: line["new"] for key, line in inserts.items()} == healthy,
        evidence=sorted(healthy.keys() ^ inserts.keys()),
    )
    scene.check(
        f"each of the {len(absent)} removals is there, with what was removed",
        holds=removals.keys() == absent and all(line["old"] == healthy[key] for key, line in removals.items()),
        evidence=sorted(removals.keys() ^ absent),
    )
    first, second = scene.tables()
    tables = Counter(line["table"] for line in inserts.values())
    scene.check(
        f"one function serves both tables: {' and '.join(f'{count} are of {name}' for name, count in tables.items())}",
        holds=tables == {first.name: _SECOND, second.name: len(users) - _SECOND - 1},
        evidence=tables,
    )
    events = [line["event_id"] for line in lines]
    scene.check("no change is archived twice", holds=len(events) == len(set(events)), evidence=len(events))


def _check_poison(scene: Scene, poison: Rule) -> None:
    failures = list(stream_failures(scene.target))
    scene.check(
        f"the poisoned record alone is among the failures, once for each consumer, after {poison.fired} crashes",
        holds=[failure.records for failure in failures] == [1, 1],
        evidence=failures,
    )
    scene.faults.rules = []
    results = list(redrive_stream(scene.target))
    users = [line["keys"]["userId"] for line in lines_of(scene.target)]
    scene.check(
        "once its cause is gone, `failures --redrive` sends it again, and it is archived",
        holds=[result.left for result in results] == [0, 0] and users.count(_POISONED) == 1,
        evidence=results,
    )
    scene.check("nothing is left among the failures", holds=not list(stream_failures(scene.target)))
