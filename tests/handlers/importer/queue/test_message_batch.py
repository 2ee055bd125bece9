import json
import logging

import pytest

from tests.handlers.importer.cloud import Cloud, csv_file


def test_a_message_that_nobody_understands_is_a_dead_letter_with_its_reason_at_once(cloud: Cloud) -> None:
    cloud.send("hello")
    cloud.run()
    (letter,) = cloud.dead
    assert letter.body == "hello"
    assert "is no message for the importer" in letter.attributes["reason"]["StringValue"]


def test_files_announced_together_become_messages_of_their_own(cloud: Cloud) -> None:
    bodies = [cloud.upload(f"incoming/{name}.csv", csv_file(3), announce=False) for name in ("a", "b")]
    records = [record for body in bodies for record in json.loads(body)["Records"]]
    cloud.send(json.dumps({"Records": records}))
    cloud.deliver()
    assert len(cloud.queue) == 2
    cloud.run()
    assert cloud.entry("incoming/a.csv")["status"] == cloud.entry("incoming/b.csv")["status"] == "SUCCEEDED"


def test_a_message_that_fails_stands_in_nobodys_way(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    good = cloud.upload("incoming/good.csv", csv_file(3), announce=False)
    bad = cloud.upload("incoming/bad.csv", csv_file(3), announce=False)
    calls = []

    def refuse_first(name: str) -> None:
        calls.append(name)
        if name == "GetObject" and calls.count("GetObject") == 1:
            raise RuntimeError("down")

    cloud.before_call = refuse_first
    with caplog.at_level(logging.ERROR):
        assert cloud.invoke([bad, good]) == ["0"]
    assert "message 0 failed, attempt 1: RuntimeError: down" in caplog.text
    assert cloud.entry("incoming/good.csv")["status"] == "SUCCEEDED"
    assert cloud.entry("incoming/bad.csv")["status"] == "RUNNING"


def test_messages_for_which_there_is_no_time_are_sent_again_and_not_as_failed(cloud: Cloud) -> None:
    cloud.hurry = True
    bodies = [cloud.upload(f"incoming/{name}.csv", csv_file(3), announce=False) for name in ("a", "b")]
    assert cloud.invoke(bodies) == []
    assert [message.body for message in cloud.queue][-1] == bodies[1]
    cloud.run()
    assert cloud.entry("incoming/b.csv")["status"] == "SUCCEEDED"


def test_a_message_whose_reason_cannot_be_kept_is_left_to_sqs(cloud: Cloud) -> None:
    def no_queue(name: str) -> None:
        if name == "SendMessage":
            raise RuntimeError("down")

    cloud.before_call = no_queue
    assert cloud.invoke(["hello"]) == ["0"]


def test_a_file_that_fails_for_good_shows_so_in_the_ledger(cloud: Cloud) -> None:
    def no_files(name: str) -> None:
        if name == "GetObject":
            raise RuntimeError("access denied")

    cloud.upload("incoming/a.csv", csv_file(3))
    cloud.before_call = no_files
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["error"]) == ("FAILED", "RuntimeError: access denied")
    assert len(cloud.dead) == 1
