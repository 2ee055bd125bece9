"""The way of one change."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.cloud.triggers.streams import events
from sluice.console.changes.archive_source import Archived
from sluice.console.changes.steps import Step, invocations, of_table, passes, steps
from sluice.console.feed import Happening
from sluice.mappings import Mapping
from tests.sluice.console.making import change

ARN = "arn:aws:dynamodb:eu-north-1:000000000000:table/Users/stream/1"
AT = 1_790_000_005.0
NOTIFIER = Mapping("m-1", "users/notifier", "n", ARN, "Enabled", "", None, None, {"filters": []})
ARCHIVER = replace(NOTIFIER, id="m-2", function="users/archiver", settings={"filters": ['{"eventName": ["INSERT"]}']})
QUEUE = replace(NOTIFIER, id="m-3", source="arn:aws:sqs:eu-north-1:000000000000:Users")


def happened(*told: Any) -> list[Happening]:
    return [Happening(number, event) for number, event in enumerate(told, 1)]


def invoked(first: int, last: int, mapping: str = "m-1", shard: str = "shard-0", **other: Any) -> events.Invoked:
    usual: dict[str, Any] = {"records": 3, "seconds": 0.5, "retry": 0, "error": None, "failed": 0}
    return events.Invoked(mapping, "n", shard, **usual | other, first=f"{first:021d}", last=f"{last:021d}", at=AT)


def test_the_mappings_of_its_table_alone():
    others = replace(NOTIFIER, source=ARN.replace("Users", "Orders"))
    assert of_table([NOTIFIER, QUEUE, others, ARCHIVER], change()) == [NOTIFIER, ARCHIVER]


def test_a_filter_tells_who_is_not_invoked():
    assert passes(ARCHIVER, change())
    assert not passes(ARCHIVER, change(1, "MODIFY"))
    assert passes(replace(ARCHIVER, settings={"filters": ["not ours"]}), change())


def test_the_invocations_with_it_are_found_by_the_ends_of_their_batches():
    told = happened(
        invoked(1, 4), invoked(5, 9), invoked(6, 9), invoked(1, 9, shard="shard-1"), invoked(1, 9, mapping="m-9")
    )
    found = list(invocations(told, change(5), [NOTIFIER]))
    assert found == [Step(AT - 0.5, "users/notifier", "invoked, done in 500 ms (attempt 1, 3 records)", "green")]


def test_who_is_not_invoked_with_it_is_not_found_among_neighbours():
    assert list(invocations(happened(invoked(1, 9, mapping="m-2")), change(5, "MODIFY"), [ARCHIVER])) == []


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            invoked(1, 9, failed=3, retry=1, error="ValueError: x"),
            "invoked, failed in 500 ms (attempt 2, 3 records): V",
        ),
        (invoked(1, 9, failed=2), "invoked, 2 of 3 failed in 500 ms (attempt 1, 3 records): handed back"),
        (
            events.Discarded("m-1", "n", "shard-0", 1, "RecordAgeExceeded", "s3://b/k", f"{1:021d}", f"{9:021d}"),
            "given up with 1 record: RecordAgeExceeded, kept in s3://b/k",
        ),
    ],
    ids=["failed", "partly", "given up"],
)
def test_what_went_wrong_is_said_in_red(event, said):
    ((_, _, what, style),) = invocations(happened(event), change(5), [NOTIFIER])
    assert what.startswith(said)
    assert style == "red"


def test_what_is_of_no_batch_is_passed_over():
    delayed = events.Delayed("m-1", "n", "shard-0", "Invoke", "x", False, 1.0)
    unknown = replace(invoked(1, 9), first="", last="")
    assert list(invocations(happened(delayed, unknown), change(5), [NOTIFIER])) == []


def test_all_steps_are_in_the_order_in_which_they_happened():
    one = change(5)
    mail = Step(one.at + 2, "mail", "", "")
    again = Step(one.at + 1, "users/notifier", "", "")
    line = Archived("changes/x/5-e5.jsonl.gz", one.at + 1.5, {})
    found = steps(one, [again], line, [mail])
    assert [step.who for step in found] == ["table", "users/notifier", "archive", "mail"]
    assert found[2].what == "5-e5.jsonl.gz"
