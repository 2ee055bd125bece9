import pulumi_aws as aws
import pytest

from infra.bucket import Bucket
from infra.stream_pipeline import StreamPipeline
from tests.infra.reading import PROTECTED, TAGS, record, types
from tests.infra.streams import KEY, pipeline


def users(**args):
    """Makes a table of the program's own."""
    return lambda: aws.dynamodb.Table(
        "users",
        name="Users",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        **args,
    )


BOTH_IMAGES = {"stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES"}


# ---- the table


def test_a_pipeline_makes_a_table_with_a_stream_of_both_images():
    inputs = pipeline(table_name="Users").named("stream-table").inputs
    assert inputs["name"] == "Users"
    assert inputs["hashKey"] == "userId"
    assert (inputs["streamEnabled"], inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_a_pipeline_takes_an_existing_table():
    graph = pipeline(table=users(**BOTH_IMAGES))
    (table,) = graph.of_type("aws:dynamodb/table:Table")
    assert table.name == "users"
    assert graph.named("stream-archiver-mapping").inputs["eventSourceArn"] == table.outputs["streamArn"]
    (component,) = graph.of_type("sluice:index:StreamPipeline")
    assert component.outputs == {
        "tableName": "Users",
        "tableArn": table.outputs["arn"],
        "streamArn": table.outputs["streamArn"],
    }


@pytest.mark.parametrize("args", [KEY, {"table_name": "Users"}])
def test_an_existing_table_and_one_to_make_are_refused_together(args):
    with pytest.raises(
        ValueError, match="stream: give an existing table, or the key and name of one to make, not both"
    ):
        pipeline(table=users(**BOTH_IMAGES), **args)


def test_no_table_at_all_is_refused():
    def build():
        StreamPipeline("stream", {"failures": Bucket("failures", {})})

    with pytest.raises(ValueError, match="stream: give an existing table, or the partition_key of one to make"):
        record(build)


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({"stream_enabled": True, "stream_view_type": "NEW_IMAGE"}, "a stream of NEW_IMAGE"),
        ({"stream_enabled": False, "stream_view_type": "NEW_AND_OLD_IMAGES"}, "no stream"),
    ],
)
def test_a_table_without_both_images_is_refused(args, found, preview):
    with pytest.raises(
        ValueError, match=f"the table of stream has {found}: .* set stream_enabled and stream_view_type"
    ):
        pipeline(table=users(**args), preview=preview)


def test_a_table_without_a_stream_is_refused():
    with pytest.raises(ValueError, match="the table of stream has no stream"):
        pipeline(table=users())


def test_what_a_preview_does_not_know_of_a_table_is_left_to_the_update():
    assert pipeline(table=users(), preview=True).named("stream-archiver-mapping")


# ---- consumers


def test_a_third_consumer_is_refused():
    with pytest.raises(ValueError) as caught:
        pipeline(consumers=["archiver", "notifier", "indexer"])
    assert str(caught.value) == (
        "stream cannot take indexer: archiver and notifier read its stream, and a shard serves two readers. "
        "Take the archive's objects instead, which are announced through EventBridge"
    )


def test_two_consumers_have_a_function_and_a_mapping_each():
    graph = pipeline(consumers=["archiver", "notifier"])
    assert {made.name for made in graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")} == {
        "stream-archiver-mapping",
        "stream-notifier-mapping",
    }
    for consumer in ("archiver", "notifier"):
        mapping, function = graph.named(f"stream-{consumer}-mapping"), graph.named(f"stream-{consumer}")
        assert mapping.inputs["functionName"] == function.outputs["arn"]


# ---- operations


def test_operations_reach_the_table_and_the_function():
    graph = pipeline(operations=PROTECTED)
    assert graph.named("stream-table").inputs["deletionProtectionEnabled"] is True
    assert graph.named("stream-archiver").inputs["tracingConfig"] == {"mode": "Active"}
    assert graph.named("stream-archiver-logs").inputs["retentionInDays"] == 365
    assert graph.named("stream-archiver-mapping").inputs["tags"] == TAGS


def test_a_consumer_belongs_to_its_pipeline():
    graph = pipeline()
    assert types(graph, "stream") == {
        "stream-archiver": "sluice:index:StreamConsumer",
        "stream-table": "sluice:index:Table",
    }
