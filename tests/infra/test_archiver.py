from infra.archiver import archive_bucket, archiver
from infra.bucket import Bucket
from infra.stream_pipeline import StreamPipeline
from tests.infra.reading import record, statements
from tests.infra.streams import KEY


def archiving(events=("INSERT", "REMOVE")):
    def build():
        bucket = Bucket("archive", archive_bucket({}))
        made = archiver(bucket.name, bucket.arn, list(events))
        StreamPipeline("stream", {**KEY, "failures_bucket_arn": bucket.arn, "consumers": {"archiver": made}})

    return record(build)


def test_the_archiver_is_told_its_bucket_and_events():
    inputs = archiving().named("stream-archiver").inputs
    assert inputs["handler"] == "handlers.archiver.handler.handle"
    assert inputs["environment"] == {"variables": {"ARCHIVE_BUCKET": "archive", "ARCHIVE_EVENTS": "INSERT,REMOVE"}}


def test_the_archiver_sees_the_events_that_it_archives_only():
    (rule,) = archiving(["MODIFY"]).named("stream-archiver-mapping").inputs["filterCriteria"]["filters"]
    assert rule == {"pattern": '{"eventName": ["MODIFY"]}'}


def test_the_archiver_may_write_below_the_archive_s_prefix():
    graph = archiving()
    assert statements(graph.named("stream-archiver-policy"))["WriteArchive"] == {
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [f"{graph.named('archive').outputs['arn']}/changes/*"],
    }


def test_an_alarm_goes_off_on_a_record_that_cannot_be_archived():
    """A partial batch response is a success to Lambda: its errors stay at zero."""
    inputs = archiving().named("stream-archiver-unarchivable").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("Sluice", "RecordsUnarchivable")
    assert inputs["dimensions"] == {"FunctionName": "stream-archiver"}


def test_the_archiver_has_no_other_rights_than_a_consumer_s():
    found = statements(archiving().named("stream-archiver-policy"))
    assert found.keys() == {"WriteArchive", "ReadStream", "KeepFailures", "FindFailuresBucket", "WriteLogs"}


def test_failures_lie_where_lambda_puts_them():
    """The layout is Lambda's; failures outside the role's prefix would be lost."""
    graph = archiving()
    found = statements(graph.named("stream-archiver-policy"))["KeepFailures"]["Resource"]
    assert found == [f"{graph.named('archive').outputs['arn']}/aws/lambda/*"]


def test_the_archive_is_versioned_and_announced():
    graph = archiving()
    assert graph.named("archive-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert graph.named("archive-announcements").inputs["eventbridge"] is True


def test_the_archive_is_kept_and_its_failures_expire():
    _, archive, failures = archiving().named("archive-lifecycle").inputs["rules"]
    assert archive["filter"] == {"prefix": "changes/"}
    assert archive["transitions"] == [{"days": 90, "storageClass": "STANDARD_IA"}]
    assert "expiration" not in archive
    assert failures["filter"] == {"prefix": "aws/lambda/"}
    assert failures["expiration"] == {"days": 30}
