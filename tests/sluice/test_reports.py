"""The reports that are stored; running one is seen in the tests of the command."""

import json

import boto3
import pytest
from moto import mock_aws

from sluice.pipelines import Pipeline
from sluice.reports import Stored, days, page_of, report, stored_on
from sluice.target import Target


@pytest.fixture
def pipeline(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-north-1")
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        reports = {"tables": {"bucket_name": "reports"}}
        yield Pipeline(Target({"region": "eu-north-1", "reports": reports}), "reports", "tables")


def put(pipeline, *names):
    for name in names:
        body = json.dumps({"name": name}).encode()
        pipeline.client("s3").put_object(Bucket="reports", Key=f"reports/{name}", Body=body)


def test_the_newest_is_found_and_none_is_none(pipeline):
    assert (report(pipeline), page_of(pipeline)) == (None, None)
    put(pipeline, "latest.json", "latest.html")
    assert report(pipeline) == {"name": "latest.json"}
    assert json.loads(page_of(pipeline) or b"{}") == {"name": "latest.html"}


def test_the_days_and_the_reports_of_one_come_newest_first(pipeline):
    assert (days(pipeline), stored_on(pipeline, "2026-11-28")) == ([], [])
    put(
        pipeline,
        *(f"date=2026-11-28/2026-11-28T0{hour}-05-00Z.{kind}" for hour in (1, 9) for kind in ("json", "html")),
        "date=2026-11-27/2026-11-27T23-00-00Z.json",
        "latest.json",
    )
    assert days(pipeline) == ["2026-11-28", "2026-11-27"]
    found = stored_on(pipeline, "2026-11-28")
    assert found == [
        Stored("reports/date=2026-11-28/2026-11-28T09-05-00Z", "2026-11-28T09:05:00Z"),
        Stored("reports/date=2026-11-28/2026-11-28T01-05-00Z", "2026-11-28T01:05:00Z"),
    ]
    assert report(pipeline, found[0].key) == {"name": "date=2026-11-28/2026-11-28T09-05-00Z.json"}
