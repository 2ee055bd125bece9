"""Messages that come twice, invocations that are killed, and what is given up."""

import json

import pytest

from tests.handlers.importer.cloud import Cloud, csv_file


def test_messages_that_come_twice_count_once(small_steps: Cloud) -> None:
    small_steps.configure(chunk_bytes=120)
    small_steps.upload("incoming/a.csv", csv_file(60, bad=7))
    while small_steps.queue:
        small_steps.deliver(copies=2)
    entry = small_steps.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_read"], entry["rows_rejected"]) == ("PARTIAL", 60, 9)
    assert entry["bytes_read"] == entry["bytes_total"]
    lines = [row["line"] for part in small_steps.rejects("incoming/a.csv").values() for row in part]
    assert sorted(lines) == [2 + i for i in range(0, 60, 7)]


@pytest.mark.slow
@pytest.mark.parametrize("chunk_bytes", [1000, 120], ids=["one chunk in two invocations", "two chunks"])
def test_an_invocation_may_be_killed_behind_any_call(chunk_bytes: int, small_steps: Cloud) -> None:
    small_steps.configure(chunk_bytes=chunk_bytes)
    small_steps.hurry = chunk_bytes == 1000
    at, survived = 0, False
    while not survived:
        at += 1
        key = f"incoming/{at}.csv"
        rows = [f"{at}.{i},{'x' if i % 5 == 0 else i},{'z' * 10}" for i in range(8)]
        small_steps.upload(key, "\n".join(["id,n,note", *rows]).encode())
        with small_steps.killing(at) as was_killed:
            small_steps.run()
        entry = small_steps.entry(key)
        counts = entry["status"], entry["rows_read"], entry["rows_written"], entry["rows_rejected"]
        assert counts == ("PARTIAL", 8, 6, 2)
        assert entry["bytes_read"] == entry["bytes_total"]
        assert entry["chunks_done"] == entry["chunks_total"]
        lines = [row["line"] for part in small_steps.rejects(key).values() for row in part]
        assert sorted(lines) == [2, 7]
        survived = not was_killed()
    assert at > 20
    assert set(small_steps.items()) == {f"{n}.{i}" for n in range(1, at + 1) for i in range(8) if i % 5}
    assert not small_steps.dead


def test_a_file_that_needs_too_many_invocations_has_failed(small_steps: Cloud) -> None:
    small_steps.configure(hop_limit=3)
    small_steps.upload("incoming/a.csv", csv_file(100))
    small_steps.run()
    entry = small_steps.entry("incoming/a.csv")
    assert entry["status"] == "FAILED"
    assert entry["error"] == "was not imported by 3 invocations, one after the other"
    assert 0 < entry["rows_written"] == len(small_steps.items()) < 100


def test_a_task_that_fails_for_good_is_a_dead_letter_and_goes_on_when_redriven(cloud: Cloud) -> None:
    cloud.configure(chunk_bytes=200)
    cloud.upload("incoming/a.csv", csv_file(60))
    cloud.deliver()
    broken = cloud.queue[1]

    def break_second(name: str) -> None:
        if name == "GetObject" and json.loads(broken.body)["task"]["name"] == cloud.at_work:
            raise RuntimeError("S3 is down")

    original = cloud.invoke

    def invoke(bodies: list[str], receives: int = 1) -> list[str]:
        cloud.at_work = json.loads(bodies[0])["task"]["name"]
        return original(bodies, receives)

    cloud.invoke = invoke
    cloud.before_call = break_second
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["error"]) == ("FAILED", "RuntimeError: S3 is down")
    assert entry["chunks_done"] == entry["chunks_total"] - 1
    (letter,) = cloud.dead
    assert letter.attributes["reason"]["StringValue"] == "RuntimeError: S3 is down"
    cloud.before_call = lambda _: None
    cloud.send(letter.body)
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", 60)
    assert "error" not in entry
