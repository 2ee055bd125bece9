"""The rows that were not imported, as the tool finds them."""

import json

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from handlers.importer import rejects as written
from sluice.rejects import Mark, Reject, folder, rejects, rejects_from
from sluice.target import Target


@given(st.text(min_size=1, max_size=400), st.sampled_from(["00000", "00017"]), st.integers(0, 20))
def test_rejects_are_looked_for_where_the_importer_writes_them(key, task, part):
    assert written.name(key, task, part).rpartition("/")[0] + "/" == folder(key)


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-north-1")
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        yield s3


def put(s3, name, *lines):
    s3.put_object(Bucket="files", Key=name, Body="".join(f"{json.dumps(line)}\n" for line in lines).encode())


def test_the_rejects_of_a_chunk_come_in_the_order_in_which_they_were_written(bucket):
    for part, line in enumerate((3, 5, 8)):
        name = written.name("incoming/a.csv", "00000", part)
        put(bucket, name, {"line": line, "reason": "no id", "row": [""]})
    found = rejects(Target({"region": "eu-north-1"}), "files", "incoming/a.csv")
    assert [reject.line for reject in found] == [3, 5, 8]


def test_the_rejects_of_all_chunks_come_in_their_order(bucket):
    for chunk, line in (("00001", 7), ("00000", 3)):
        put(bucket, f"rejected/incoming/a.csv/{chunk}.jsonl", {"line": line, "reason": "no id", "row": [""]})
    found = list(rejects(Target({"region": "eu-north-1"}), "files", "incoming/a.csv"))
    assert found == [Reject("incoming/a.csv", 3, "no id", [""]), Reject("incoming/a.csv", 7, "no id", [""])]


def test_the_rejects_of_a_file_below_are_not_its_own(bucket):
    put(bucket, "rejected/incoming/a/b.csv/00000.jsonl", {"line": 1, "reason": "", "row": {}})
    assert not list(rejects(Target({"region": "eu-north-1"}), "files", "incoming/a"))


def test_rejects_are_read_on_from_any_place_among_them(bucket):
    target, key = Target({"region": "eu-north-1"}), "incoming/a.csv"
    for chunk, part, lines in (("00000", 0, (3, 4)), ("00000", 1, (5,)), ("00001", 0, (8, 9))):
        rows = [{"line": line, "reason": "\u674e no id", "row": ["\r\n\u2028"]} for line in lines]
        put(bucket, written.name(key, chunk, part), *rows)
    found = list(rejects_from(target, "files", key, Mark()))
    assert [reject.line for reject, _ in found] == [3, 4, 5, 8, 9]
    assert [[reject.line for reject, _ in rejects_from(target, "files", key, mark)] for _, mark in found] == [
        [4, 5, 8, 9],
        [5, 8, 9],
        [8, 9],
        [9],
        [],
    ]
