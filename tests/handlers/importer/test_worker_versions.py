"""A file that is put again, or replaced, while or after it is imported."""

import pytest

from tests.handlers.importer.cloud import Cloud, csv_file


def test_the_same_version_again_changes_nothing(cloud: Cloud) -> None:
    body = cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.send(body)
    cloud.upload("incoming/a.csv", csv_file(5))  # the same content, announced as new
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before
    assert cloud.counts.ends["succeeded"] == 1
    assert cloud.counts.ends["same"] == 1


def test_a_file_that_is_no_data_is_seen_and_ignored(cloud: Cloud) -> None:
    cloud.configure(prefix="incoming/", ignore=("_SUCCESS", "_temporary/"))
    for key in ("incoming/job/_SUCCESS", "incoming/job/_temporary/0/part.csv", "incoming/job/part.csv"):
        cloud.upload(key, csv_file(5))
    cloud.run()
    for key in ("incoming/job/_SUCCESS", "incoming/job/_temporary/0/part.csv"):
        entry = cloud.entry(key)
        assert (entry["status"], entry["rows_read"], entry["finished_at"]) == ("IGNORED", 0, entry["started_at"])
    assert cloud.entry("incoming/job/part.csv")["status"] == "SUCCEEDED"
    assert (cloud.counts.ends["ignored"], cloud.counts.ends["failed"]) == (2, 0)


def test_a_file_that_was_imported_before_it_was_ignored_keeps_its_entry(cloud: Cloud) -> None:
    cloud.configure(prefix="incoming/")
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.configure(ignore=("*.csv",))
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before


def test_the_same_content_is_imported_again_where_its_object_says_so(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    for item in cloud.items().values():
        cloud.dynamodb.delete_item(TableName="imported", Key={"id": item["id"]})
    cloud.now += 60
    cloud.upload("incoming/a.csv", csv_file(5), again=True)
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_read"], entry["rows_written"]) == ("SUCCEEDED", 5, 5)
    assert entry["started_at"] > before["started_at"]
    assert len(cloud.items()) == 5


def test_a_wish_that_is_announced_twice_is_fulfilled_once(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    body = cloud.upload("incoming/a.csv", csv_file(5), again=True)
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.send(body)
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before


def test_a_wish_of_an_object_that_is_gone_is_none(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    before = cloud.entry("incoming/a.csv")
    cloud.upload("incoming/a.csv", csv_file(5), again=True)
    cloud.s3.delete_object(Bucket="files", Key="incoming/a.csv")
    cloud.run()
    assert cloud.entry("incoming/a.csv") == before


def test_a_failed_file_may_be_put_again(cloud: Cloud) -> None:
    cloud.configure(prefix="incoming/")
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.s3.delete_object(Bucket="files", Key="incoming/a.csv")
    cloud.run()
    cloud.upload("incoming/a.csv", csv_file(5))
    cloud.run()
    entry = cloud.entry("incoming/a.csv")
    assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", 5)
    assert "error" not in entry


def test_a_file_that_returns_to_an_earlier_content_is_imported_again(cloud: Cloud) -> None:
    for count in (5, 3, 5):
        cloud.upload("incoming/a.csv", csv_file(count, note=f"of {count}"))
        cloud.run()
    assert cloud.items()["0"]["note"] == {"S": "of 5"}
    assert cloud.counts.ends["succeeded"] == 3


def test_a_late_older_announcement_is_dropped(cloud: Cloud) -> None:
    cloud.versioned()
    older = cloud.upload("incoming/a.csv", csv_file(5, note="old"), announce=False)
    cloud.upload("incoming/a.csv", csv_file(5, note="new"))
    cloud.run()
    cloud.send(older)
    cloud.run()
    assert {item["note"]["S"] for item in cloud.items().values()} == {"new"}
    assert cloud.counts.ends["late"] == 1


@pytest.mark.parametrize(("first", "second"), [("ff", "0100"), ("0FFF", "02"), ("02", "0FFF"), ("a00", "0B")])
def test_the_newer_version_wins_whatever_the_lengths_of_sequencers(cloud: Cloud, first: str, second: str) -> None:
    cloud.versioned()
    older = cloud.upload("incoming/a.csv", csv_file(5, note="old"), sequencer=first)
    cloud.run()
    cloud.now += 0.001
    cloud.upload("incoming/a.csv", csv_file(5, note="new"), sequencer=second)
    cloud.run()
    cloud.send(older)
    cloud.run()
    assert {item["note"]["S"] for item in cloud.items().values()} == {"new"}
    assert cloud.counts.ends == {"done": 2, "succeeded": 2, "late": 1}


def test_a_newer_version_waits_until_the_older_has_stopped(small_steps: Cloud) -> None:
    small_steps.versioned()
    small_steps.upload("incoming/a.csv", csv_file(40, note="old"))
    for _ in range(3):
        small_steps.deliver()
    with small_steps.killing(4) as was_killed:
        small_steps.deliver()  # a worker of the old version dies with its lease
    assert was_killed()
    small_steps.upload("incoming/a.csv", csv_file(20, note="new"))
    small_steps.deliver()
    assert small_steps.counts.ends["wait"] == 1
    small_steps.run()
    old, new = small_steps.entries("incoming/a.csv")
    assert (old["status"], old["error"]) == ("FAILED", "a newer version of the object is imported instead")
    assert old["rows_read"] == old["rows_written"] + old["rows_rejected"] > 0
    assert (new["status"], new["rows_written"]) == ("SUCCEEDED", 20)
    assert {small_steps.items()[str(i)]["note"]["S"] for i in range(20)} == {"new"}
    assert small_steps.counts.ends["superseded"] >= 1


def test_a_running_import_stops_at_its_next_step_when_a_newer_version_waits(
    small_steps: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_steps.versioned()
    monkeypatch.setattr("handlers.importer.steps.SECONDS", 0)
    small_steps.hurry = False
    small_steps.upload("incoming/a.csv", csv_file(40, note="old"))
    batches = 0

    def upload_in_between(name: str) -> None:
        nonlocal batches
        batches += name == "BatchWriteItem"
        if batches == 3:
            batches += 1
            small_steps.invoke([small_steps.upload("incoming/a.csv", csv_file(20, note="new"), announce=False)])

    small_steps.after_call = upload_in_between
    small_steps.deliver()
    assert 0 < len(small_steps.items()) < 40
    assert small_steps.counts.ends == {"wait": 1, "superseded": 1}
    small_steps.run()
    old, new = small_steps.entries("incoming/a.csv")
    assert (old["status"], old["rows_written"]) == ("FAILED", old["rows_read"])
    assert (new["status"], new["rows_written"]) == ("SUCCEEDED", 20)


def test_the_rejects_under_a_file_are_those_of_its_newest_import(cloud: Cloud) -> None:
    cloud.upload("incoming/a.csv", csv_file(20, bad=4))
    cloud.run()
    assert cloud.rejects("incoming/a.csv")
    cloud.upload("incoming/a.csv", csv_file(20))
    cloud.run()
    assert not cloud.rejects("incoming/a.csv")
