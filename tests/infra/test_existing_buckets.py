import pytest

from infra.existing_buckets import existing_bucket
from tests.infra.reading import OPERATIONS, TAGS, record


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr("pulumi.log.info", lines.append)
    return lines


def bucket(said, *, is_local=False, region="eu-north-1"):
    found = []
    graph = record(lambda: found.append(existing_bucket("team-drop", is_local, region, OPERATIONS)))
    return graph, found[0]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-north-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-east-1", "aws"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_bucket_is_known_by_its_name_and_nothing_of_it_is_made(said, region, partition):
    graph, found = bucket(said, region=region)
    assert found == {"name": "team-drop", "arn": f"arn:{partition}:s3:::team-drop"}
    assert [resource.name for resource in graph.resources.values() if resource.custom] == []


def test_pulumi_says_how_to_turn_eventbridge_on_and_what_that_replaces(said):
    bucket(said)
    (line,) = said
    assert (
        "aws s3api put-bucket-notification-configuration --bucket team-drop "
        "--notification-configuration '{\"EventBridgeConfiguration\": {}}'"
    ) in line
    assert "replaces the bucket's whole notification configuration" in line
    assert "get-bucket-notification-configuration --bucket team-drop" in line


def test_where_the_stack_is_local_the_bucket_is_made_and_announces_its_objects(said):
    graph, _ = bucket(said, is_local=True)
    assert graph.named("team-drop").inputs["bucket"] == "team-drop"
    assert graph.named("team-drop").inputs["tags"] == TAGS
    assert graph.named("team-drop-announcements").inputs["eventbridge"] is True
    assert said == ["the bucket team-drop is created here; in AWS it is the existing one"]
