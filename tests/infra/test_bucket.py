from typing import Any

from infra.bucket import Bucket
from tests.infra.reading import OPERATIONS, PROTECTED, TAGS, dependencies, record, statements, types


def bucket(**args: Any):
    made: Any = args
    return record(lambda: Bucket("archive", made))


def test_a_bucket_is_private_encrypted_and_disposable_by_default():
    graph = bucket()
    assert types(graph, "archive") == {
        "archive": "aws:s3/bucket:Bucket",
        "archive-encryption": "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "archive-lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "archive-ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "archive-public-access": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "archive-tls-only": "aws:s3/bucketPolicy:BucketPolicy",
    }
    assert graph.named("archive").inputs == {"forceDestroy": True}
    assert not graph.named("archive").options.keys() & {"protect", "retain_on_delete"}
    assert graph.named("archive-public-access").inputs == {
        "bucket": "archive",
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert graph.named("archive-ownership").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert graph.named("archive-encryption").inputs["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]


def test_connections_without_tls_are_refused_on_the_bucket_and_its_objects():
    graph = bucket()
    arn = graph.named("archive").outputs["arn"]
    assert statements(graph.named("archive-tls-only")) == {
        "TlsOnly": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }


def test_settings_that_s3_refuses_at_once_are_made_one_after_the_other():
    graph = bucket(versioned=True)
    assert "archive-public-access" in dependencies(graph, graph.named("archive-ownership"))
    assert "archive-ownership" in dependencies(graph, graph.named("archive-tls-only"))
    assert "archive-versioning" in dependencies(graph, graph.named("archive-lifecycle"))


def test_abandoned_uploads_end():
    assert bucket().named("archive-lifecycle").inputs["rules"] == [
        {
            "id": "housekeeping",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]


def test_old_versions_are_kept_for_thirty_days():
    graph = bucket(versioned=True)
    assert graph.named("archive-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert graph.named("archive-lifecycle").inputs["rules"][0]["noncurrentVersionExpiration"] == {"noncurrentDays": 30}


def test_what_deletions_leave_goes_with_the_last_old_version():
    rule, *_ = bucket(versioned=True).named("archive-lifecycle").inputs["rules"]
    assert rule["expiration"] == {"expiredObjectDeleteMarker": True}


def test_objects_age_below_their_prefixes():
    rules = [{"prefix": "changes/", "infrequent_access_days": 90}, {"prefix": "aws/lambda/", "expire_days": 30}]
    _, archive, failures = bucket(lifecycle=rules).named("archive-lifecycle").inputs["rules"]
    assert archive == {
        "id": "age-changes",
        "status": "Enabled",
        "filter": {"prefix": "changes/"},
        "transitions": [{"days": 90, "storageClass": "STANDARD_IA"}],
    }
    assert failures == {
        "id": "age-aws-lambda",
        "status": "Enabled",
        "filter": {"prefix": "aws/lambda/"},
        "expiration": {"days": 30},
    }


def test_new_objects_are_announced_through_eventbridge_where_asked_for():
    assert bucket(announce=True).named("archive-announcements").inputs == {"bucket": "archive", "eventbridge": True}


def test_a_bucket_has_the_name_that_it_is_given():
    assert bucket(bucket_name="team-drop").named("archive").inputs["bucket"] == "team-drop"


def test_a_protected_bucket_keeps_its_objects_and_their_versions():
    graph = bucket(operations=PROTECTED)
    made = graph.named("archive")
    assert made.inputs["forceDestroy"] is False
    assert (made.options["protect"], made.options["retain_on_delete"]) == (True, True)
    assert graph.named("archive-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_a_bucket_carries_the_tags():
    assert bucket(operations=OPERATIONS).named("archive").inputs["tags"] == TAGS


def test_a_bucket_tells_others_its_name_and_arn():
    graph = bucket()
    (component,) = graph.of_type("sluice:index:Bucket")
    assert component.outputs == {"name": "archive", "arn": graph.named("archive").outputs["arn"]}
