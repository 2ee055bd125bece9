import time
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from sluice.console import failure_list
from sluice.console.console import Console
from sluice.console.failure_list import failure_page
from sluice.console.feed import Feed
from sluice.failures.batches import Batch
from sluice.failures.failure import Detail, Failure
from sluice.failures.queues import Held
from sluice.target import Target

BATCH = Failure("stream/users", "archiver", "RetryAttemptsExhausted", "2026-01-01T00:00:00.000Z", 2, "s3://b/k")
REFUSAL = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "ListObjectsV2")


class Stack:
    """What fails in a stack, and what was asked of it."""

    def __init__(self):
        self.batches, self.files, self.letters, self.runs = [], [], [], []
        self.hidden, self.read, self.received = 0, [], 0

    def listed(self, _target, after, at_most):
        later = [key for key in self.batches if key > after]
        named = BATCH._replace(pipeline="stream", reason="Unreadable")
        found = [Batch(key, "etag", named._replace(where=f"s3://b/{key}")) for key in later[:at_most]]
        return found, len(later) > at_most

    def content(self, _target, key):
        self.read.append(key)
        return (BATCH._replace(where=f"s3://b/{key}"), Detail([])) if key in self.batches else None

    def letters_of(self, _target, at_most):
        self.received += 1
        yield from self.letters[: max(at_most, 1)]


@pytest.fixture
def stack(monkeypatch):
    stack = Stack()
    answers = {
        "batches": stack.listed,
        "read_batch": stack.content,
        "failed_batches": lambda _: Counter({"mapping": len(stack.batches)}),
        "file_failures": lambda _: iter(stack.files),
        "hints": lambda _, **__: iter(()),
        "under_way": lambda _: iter(()),
        "held": lambda _: {
            "import/items": Held(len(stack.letters), stack.hidden),
            "report/tables": Held(len(stack.runs), 0),
        },
        "import_failures": stack.letters_of,
        "report_failures": lambda _, at_most: iter(stack.runs[:at_most]),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(failure_list, name, answer)
    monkeypatch.setattr(failure_list.sources, "errors_of", lambda _, failures: dict.fromkeys(failures, "OSError: no"))
    return stack


def page(console, **place):
    """A page as soon as all of it is known."""
    until = time.monotonic() + 20
    while not (found := failure_page(console, **place)).is_complete:
        assert time.monotonic() < until
    return found


def console():
    return Console("local", Target({}, "http://127.0.0.1:9"), None, Feed())


def letter(number):
    return BATCH._replace(pipeline="import/items", at=f"2026-01-02T00:00:{number:02}Z", where=f"q, message {number}")


def test_all_kinds_are_in_one_list_the_latest_first_and_then_batches(stack):
    stack.batches = ["a", "b"]
    stack.files = [BATCH._replace(pipeline="import/items", at="2026-01-03", file="f", where="s3://b/f")]
    stack.letters, stack.runs = [letter(1), letter(2)], [BATCH._replace(pipeline="report/tables", at="2026-01-01")]
    shown = page(console())
    assert [row.kind for row in shown.rows] == ["file", "message", "message", "run", "batch", "batch"]
    assert [row.failure.at for row in shown.rows[1:3]] == ["2026-01-02T00:00:02Z", "2026-01-02T00:00:01Z"]
    assert [(row.key, row.error) for row in shown.rows[4:]] == [("a", "OSError: no"), ("b", "OSError: no")]
    assert (shown.total, shown.next, shown.notes, shown.problems) == (6, None, [], [])


@pytest.mark.parametrize(("letters", "batches"), [(60, 120), (50, 120), (50, 0), (0, 50), (50, 50), (0, 101)])
def test_each_failure_is_on_one_page_and_only_what_is_shown_is_read(stack, letters, batches):
    stack.batches = [f"{number:04}" for number in range(batches)]
    stack.letters = [letter(number) for number in range(letters)]
    one, seen, place, total = console(), [], {}, 0
    for _ in range(-(-(letters + batches) // 50)):
        assert place is not None
        shown = page(one, **place)
        assert len(stack.read) == sum(row.kind == "batch" for row in shown.rows) + len([k for k in seen if "/0" in k])
        seen += [row.failure.where for row in shown.rows]
        place, total = shown.next, shown.total
    assert place is None
    assert len(seen) == len(set(seen)) == letters + batches == total


def test_letters_are_received_again_only_if_there_are_more_or_fewer(stack):
    stack.letters = [letter(1)]
    one = console()
    for _ in range(5):
        one.known({}, until=0)
        page(one)
        time.sleep(0.15)
    assert stack.received == 1
    stack.letters = [letter(1), letter(2)]
    time.sleep(0.6)
    page(one)
    time.sleep(0.1)
    assert len(page(one).rows) == 2
    assert stack.received == 2


def test_a_full_queue_is_looked_into_only_so_far_and_that_is_said(stack):
    stack.letters = [letter(number % 60)._replace(where=f"{number}") for number in range(3000)]
    shown = page(console(), start=50)
    assert (len(shown.rows), shown.next) == (50, None)
    assert shown.notes[0].startswith("The dead letter queue of import/items holds about 3,000, of which 100 are shown")


def test_what_somebody_else_has_received_is_told(stack):
    stack.hidden = 2
    assert page(console()).notes == ["Hidden in import/items, while somebody else views or redrives them: 2."]


def test_what_may_not_be_looked_at_hides_nothing_else(stack, monkeypatch):
    def refuse(*_, **__):
        raise REFUSAL

    stack.files = [BATCH._replace(file="f")]
    for name in ("batches", "held"):
        monkeypatch.setattr(failure_list, name, refuse)
    shown = page(console())
    assert [row.kind for row in shown.rows] == ["file"]
    assert len(shown.problems) == 1
    assert "not you" in shown.problems[0]


def test_what_is_gone_by_the_time_it_is_read_is_left_out(stack, monkeypatch):
    stack.batches = ["a", "b"]
    monkeypatch.setattr(failure_list, "read_batch", lambda _, key: None if key == "a" else stack.content(None, key))
    assert [row.key for row in page(console()).rows] == ["b"]
