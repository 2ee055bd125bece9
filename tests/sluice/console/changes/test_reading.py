"""A thread that reads while somebody looks."""

import threading
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import EndpointConnectionError

from sluice.console.changes import reading
from sluice.console.changes.reading import Reading
from sluice.target import Target

HERE = Target({}, "http://127.0.0.1:1", "eu-north-1")


class Source:
    pause = 0.01

    def __init__(self) -> None:
        self.pieces = 0
        self.error: Exception | None = None
        self.reads = 0

    def read(self, target: Target) -> bool:
        self.reads += 1
        if self.error:
            raise self.error
        self.pieces -= 1
        return self.pieces > 0


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(reading, "_IDLE_SECONDS", 0.3)
    monkeypatch.setattr(reading, "_AGAIN_SECONDS", 0.01)
    yield
    assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "changes"])


def until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


def test_the_first_look_waits_for_all_that_there_is():
    source = Source()
    source.pieces = 3
    read = Reading(lambda _: source)
    read.look(HERE)
    assert until(lambda: read.is_complete)
    assert source.reads >= 3


def test_it_reads_on_until_nobody_looks_any_more_and_begins_again_when_somebody_does():
    source = Source()
    read = Reading(lambda _: source)
    read.look(HERE)
    assert until(lambda: source.reads > 3)
    assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "changes"])
    before = source.reads
    read.look(HERE)
    assert until(lambda: source.reads > before)


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="x"), KeyError("no field")])
def test_what_goes_wrong_is_told_until_it_works_again(error, caplog):
    source = Source()
    source.error = error
    read = Reading(lambda _: source)
    read.look(HERE)
    assert until(lambda: bool(read.problem))
    assert str(error) in read.problem
    source.error = None
    assert until(lambda: read.problem == "")


def test_another_stack_has_a_source_of_its_own():
    sources: list[Target] = []
    read = Reading(lambda target: [sources.append(target), Source()][1])
    another = Target({}, "http://127.0.0.1:2", "eu-north-1")
    read.look(HERE)
    assert until(lambda: sources == [HERE])
    read.look(another)
    assert until(lambda: sources == [HERE, another])


def test_what_follows_is_done_once_all_is_read_until_there_is_no_more_of_it():
    source, left, done_at = Source(), [True, True, False], list[int]()
    source.pieces = 5

    def follow(_target: Target) -> bool:
        done_at.append(source.reads)
        return left.pop(0) if left else False

    read = Reading(lambda _: source, follow)
    read.look(HERE)
    assert until(lambda: not left)
    assert done_at[0] == 5


def test_what_is_closed_reads_no_further_though_somebody_looked_just_now(monkeypatch):
    monkeypatch.setattr(reading, "_IDLE_SECONDS", 3600)
    source = Source()
    read = Reading(lambda _: source)
    read.look(HERE)
    assert until(lambda: source.reads > 0)
    read.close()
    assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "changes"])
