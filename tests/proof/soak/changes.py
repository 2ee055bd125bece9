"""Random changes of the streams' tables, and what the archive and the outbox have to hold because of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, NamedTuple

from sluice.cloud.emulator.outbox import Mail
from sluice.trail import Line

Item = dict[str, str]

_NAMES = ("Ada", "Rūta", "Łukasz", "Åsa", "Grace", "小林")
_STATUSES = ("NEW", "PAID", "SENT", "LOST")
_AT_ONCE = 25
"""Of BatchWriteItem."""


class Source(NamedTuple):
    """A table of a stream."""

    table: str
    key: str
    stream: str


class Archived(NamedTuple):
    """A line of the archive: what tells it from all others."""

    table: str
    key: str
    event: str
    old: str
    """The version of the item before the change, empty where it has none."""
    new: str


class Mailed(NamedTuple):
    """A mail: what tells it from all others, unless the rules ask for it twice."""

    to: str
    template: str
    name: str


class Changes:
    """Changes items, and keeps account of what has to come of it.

    Attributes:
        archived: lines of the archive -> how often each has to be there.
        mailed: mails -> how often each has to be sent.
    """

    def __init__(self, random: Random, dynamodb: Any, sources: Iterable[Source]) -> None:
        self.archived: Counter[Archived] = Counter()
        self.mailed: Counter[Mailed] = Counter()
        self._random, self._dynamodb, self._sources = random, dynamodb, list(sources)
        self._held: dict[Source, list[Item]] = {source: [] for source in self._sources}
        self._count = 0

    def change(self, streams: Mapping[str, Any]) -> None:
        """Writes an item, a new one or another version of one, or removes one.

        Args:
            streams: the settings that the streams have now.
        """
        source = self._random.choice(self._sources)
        held = self._held[source]
        if not held or self._random.random() < 0.4:
            item = self._new(source)
            held.append(item)
            self._dynamodb.put_item(TableName=source.table, Item=_typed(item))
            self._expect(source, "INSERT", None, item, streams)
            return
        place = self._random.randrange(len(held))
        old = held[place]
        if self._random.random() < 0.25:
            held[place] = held[-1]
            held.pop()
            self._dynamodb.delete_item(TableName=source.table, Key={source.key: {"S": old[source.key]}})
            self._expect(source, "REMOVE", old, None, streams)
            return
        held[place] = item = self._another(old)
        self._dynamodb.put_item(TableName=source.table, Item=_typed(item))
        self._expect(source, "MODIFY", old, item, streams)

    def flood(self, streams: Mapping[str, Any]) -> None:
        """Writes many new items into a table at once."""
        source = self._random.choice(self._sources)
        for _ in range(self._random.randint(1, 4)):
            items = [self._new(source) for _ in range(_AT_ONCE)]
            puts = [{"PutRequest": {"Item": _typed(item)}} for item in items]
            left = self._dynamodb.batch_write_item(RequestItems={source.table: puts})["UnprocessedItems"]
            assert not left
            self._held[source] += items
            for item in items:
                self._expect(source, "INSERT", None, item, streams)

    def _new(self, source: Source) -> Item:
        self._count += 1
        item = {source.key: f"k-{self._count}", "status": _STATUSES[0], "note": "", **self._named()}
        if self._random.random() < 0.95:
            item["email"] = item["buyer"] = f"p{self._count}@example.com"
        return item

    def _another(self, old: Item) -> Item:
        self._count += 1
        changes = (
            self._named(),
            {"email": f"p{self._count}@example.com"},
            {"status": self._random.choice(_STATUSES)},
            {"note": "called"},
        )
        return {**old, **self._random.choice(changes), "version": str(self._count)}

    def _named(self) -> Item:
        return {"name": f"{self._random.choice(_NAMES)} {self._count}", "version": str(self._count)}

    def _expect(
        self, source: Source, event: str, old: Item | None, new: Item | None, streams: Mapping[str, Any]
    ) -> None:
        settings, item = streams[source.stream], new or old or {}
        if event in settings["archive"]:
            versions = ((side or {}).get("version", "") for side in (old, new))
            self.archived[Archived(source.table, item[source.key], event, *versions)] += 1
        for rule in settings["mails"]:
            if _matches(rule, event, old or {}, new or {}):
                to = rule.get("to", "email")
                addresses = to if isinstance(to, list) else [item[to]] if to in item else []
                for address in addresses:
                    self.mailed[Mailed(address, rule["template"], item["name"])] += 1


def _matches(rule: Mapping[str, Any], event: str, old: Item, new: Item) -> bool:
    if event not in rule["events"]:
        return False
    changed = rule.get("changed", ())
    if event == "MODIFY" and changed and all(old.get(name) == new.get(name) for name in changed):
        return False
    return all((new or old).get(name) in allowed for name, allowed in rule.get("where", {}).items())


def _typed(item: Item) -> dict[str, dict[str, str]]:
    return {name: {"N" if name == "version" else "S": value} for name, value in item.items()}


def archived(lines: Iterable[Line], keys: Mapping[str, str]) -> Counter[Archived]:
    """What the archive holds, and how often.

    Args:
        lines: of the archive.
        keys: table -> its key.
    """
    return Counter(
        Archived(
            line["table"],
            line["keys"][keys[line["table"]]],
            line["event"],
            *(str(line[side]["version"]) if line[side] else "" for side in ("old", "new")),
        )
        for line in lines
    )


def mailed(mails: Iterable[Mail]) -> Counter[Mailed]:
    """What was sent about changes, and how often."""
    greeted = [(mail, mail["text"].partition(",")[0]) for mail in mails if mail["text"].startswith("Hello ")]
    return Counter(
        Mailed(to, "welcome" if "welcome" in mail["subject"] else "profile-changed", greeting.removeprefix("Hello "))
        for mail, greeting in greeted
        for to in mail["to"]
    )
