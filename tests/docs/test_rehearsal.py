"""The rehearsal of `docs/operating.md`: five failures are planted, found, mended and sent again, as it is written."""

import re
from collections import Counter
from itertools import pairwise

import pytest

from examples.oncall.plant import EDITS
from sluice.pipelines import pipelines
from sluice.target import Target, running
from sluice.trail import lines_of
from tests.docs.commands import apply, carry_out
from tests.docs.markdown import ROOT, blocks

PAGE = (ROOT / "docs/operating.md").read_text().partition("\n## Rehearsing\n")[2].partition("\n## ")[0]
STEPS = blocks(PAGE)
SHELVED = {f"s-{number}{letter}": price for number in (1, 2, 3) for letter, price in (("a", "1.5"), ("b", "2.5"))}
ORDERED = {
    "o-1": "12.5",
    "o-2": "7",
    "o-3": "99999999999999999999.99999999999999999",
    "o-4": "8.5",
    "o-5": "3",
    "o-6": "0.1",
    "o-7": "12345678901234567890123456789012345678",
    "o-8": "0.0000001",
}
"""What is in the table of the import at the end: item -> price."""


def settled(text: str) -> str:
    """A text without what differs from run to run: times, ids, line numbers, and how often what fails was tried."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|(?m:^\d\d:\d\d:\d\d)|\d+\.\d s\b", "TIME", text)
    text = re.sub(r"(?m)^[0-9a-f]{8}(?=  )|(?<=-)[0-9a-f]{7}\b", "ID", text)
    text = re.sub(r"(?m)^(users/\w+ +)[1-9]\d+ +[1-9]\d+$", r"\1MANY MANY", text)
    text = re.sub(r", line \d+, in ", ", line N, in ", text)  # of a source, which changes above it
    return re.sub(r" +", " ", text)


def everything(target: Target) -> tuple[Counter[str], dict[str, str]]:
    """The users in the audit trail, each as often as it is there, and the items of the import with their prices."""
    (imported,) = pipelines(target, "imports")
    scan = target.client("dynamodb").scan(TableName=imported["table_name"])
    items = {item["id"]["S"]: item["price"]["N"] for item in scan["Items"]}
    return Counter(line["keys"]["userId"] for line in lines_of(target)), items


@pytest.mark.e2e
def test_the_rehearsal_goes_as_written_and_nothing_is_lost(fork, monkeypatch):
    before = {name: (fork / name).read_text() for name, _, _ in EDITS}
    *steps, stop = STEPS
    for step, following in pairwise([*steps, stop]):
        if step.info == "diff":
            apply(fork, step.body)
        elif step.info == "sh":
            expected = settled(following.body).splitlines() if following.info == "text" else []
            carry_out(fork, step, expected, settled, seconds=300)
    monkeypatch.chdir(fork)
    archived, items = everything(running())
    assert archived == {"u-1": 1, "u-2": 1, "u-3": 1}
    assert items == {**SHELVED, **ORDERED}
    assert {name: (fork / name).read_text() for name in before} == before
    carry_out(fork, stop, ["Stack local stopped."])
