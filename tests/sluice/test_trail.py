import gzip
import json
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from sluice.target import Target
from sluice.trail import lines_of, show


def line(number, event="INSERT", **images):
    return {
        "event_id": f"e-{number}", "event": event, "at": "2026-11-21T09:05:11Z", "sequence_number": f"{number:03}",
        "keys": {"id": "a", "n": 1}, "old": None, "new": None, **images,
    }  # fmt: skip


@pytest.fixture
def target(monkeypatch):
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="archive")
        for key, lines in {
            "changes/table=Users/date=1/b": [line(3), line(1, new={"n": 0.1})],
            "changes/table=Users2/date=1/a": [line(2)],
            "aws/lambda/x": [],
        }.items():
            body = "".join(json.dumps(one) + "\n" for one in lines).encode()
            s3.put_object(Bucket="archive", Key=key, Body=gzip.compress(body))
        target = Target({"archive_bucket_name": "archive", "region": "us-east-1"})
        monkeypatch.setattr(target, "client", lambda _: s3)
        yield target


def test_lines_come_in_order_of_the_stream_with_numbers_to_the_digit(target):
    lines = lines_of(target)
    assert [one["event_id"] for one in lines] == ["e-1", "e-2", "e-3"]
    assert lines[0]["new"] == {"n": Decimal("0.1")}


def test_the_lines_of_one_table_are_those_of_no_other(target):
    assert [one["event_id"] for one in lines_of(target, "Users")] == ["e-1", "e-3"]


def test_a_line_is_shown_with_its_key_and_the_names_before_and_after(capsys):
    show([line(1, new={"name": "A\x1b"}), line(2, "REMOVE", old={"name": "A"}), line(3, new={"x": 1})])
    assert capsys.readouterr().out.splitlines() == [
        "event   at                    item  name before  name after",
        "INSERT  2026-11-21T09:05:11Z  a 1                A\\x1b",
        "REMOVE  2026-11-21T09:05:11Z  a 1   A",
        "INSERT  2026-11-21T09:05:11Z  a 1",
    ]
