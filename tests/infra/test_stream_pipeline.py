import pulumi_aws as aws
import pytest

from infra.stream_pipeline import StreamPipeline
from tests.infra.reading import PROTECTED, TAGS, record, statements, types
from tests.infra.streams import KEY, pipeline


def source(name):
    """Makes a table of the program's own, and says what it is."""
    table = aws.dynamodb.Table(
        name,
        name=name,
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        stream_enabled=True,
        stream_view_type="NEW_AND_OLD_IMAGES",
    )
    return {"name": table.name, "arn": table.arn, "stream_arn": table.stream_arn}


def sources():
    return {name: source(name) for name in ("orders", "returns")}


def mappings(graph):
    return {made.name: made for made in graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")}


# ---- the tables


def test_a_pipeline_makes_a_table_with_a_stream_of_both_images():
    inputs = pipeline(table_name="Users", sort_key={"name": "at", "type": "N"}).named("stream-table").inputs
    assert inputs["name"] == "Users"
    assert (inputs["hashKey"], inputs["rangeKey"]) == ("userId", "at")
    assert (inputs["streamEnabled"], inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_a_pipeline_tells_others_its_table():
    graph = pipeline()
    (component,) = graph.of_type("sluice:index:StreamPipeline")
    table = graph.named("stream-table").outputs
    assert component.outputs == {
        "tables": {
            "made": {
                "name": "stream-table",
                "arn": table["arn"],
                "stream_arn": table["streamArn"],
            }
        }
    }


def test_each_consumer_reads_each_existing_table():
    graph = pipeline(["archiver", "notifier"], tables=sources)
    assert {made.name for made in graph.of_type("aws:dynamodb/table:Table")} == {"orders", "returns"}
    found = {
        name: (made.inputs["functionName"], made.inputs["eventSourceArn"]) for name, made in mappings(graph).items()
    }
    assert found == {
        f"stream-{consumer}-mapping-{table}": (
            graph.named(f"stream-{consumer}").outputs["arn"],
            graph.named(table).outputs["streamArn"],
        )
        for consumer in ("archiver", "notifier")
        for table in ("orders", "returns")
    }


def test_a_consumer_of_existing_tables_may_read_exactly_their_streams():
    graph = pipeline(tables=sources)
    read = statements(graph.named("stream-archiver-policy"))["ReadStream"]["Resource"]
    assert read == [graph.named(table).outputs["streamArn"] for table in ("orders", "returns")]


def test_each_table_has_alarms_of_its_own():
    graph = pipeline(tables=sources)
    for table in ("orders", "returns"):
        for kind in ("failed", "dropped", "silent"):
            alarm = graph.named(f"stream-archiver-{kind}-{table}").inputs
            assert alarm["dimensions"] == {"EventSourceMappingUUID": f"stream-archiver-mapping-{table}-uuid"}
            assert f"docs/operating.md#stream-{kind} " in alarm["alarmDescription"]


@pytest.mark.parametrize("args", [KEY, {"table_name": "Users"}, {"sort_key": {"name": "at"}}])
def test_existing_tables_and_one_to_make_are_refused_together(args):
    with pytest.raises(ValueError, match="stream: give existing tables, or the key and name of one to make, not both"):
        pipeline(tables=sources, **args)


def test_no_table_at_all_is_refused():
    def build():
        StreamPipeline("stream", {"failures_bucket_arn": "arn:aws:s3:::failures", "consumers": {}})

    with pytest.raises(ValueError, match="stream: give existing tables, or the partition_key of one to make"):
        record(build)


# ---- consumers


def test_a_third_consumer_is_refused():
    with pytest.raises(ValueError) as caught:
        pipeline(consumers=["archiver", "notifier", "indexer"])
    assert str(caught.value) == (
        "stream cannot take indexer: archiver and notifier read its streams, and a shard serves two readers. "
        "Take the archive's objects instead, which are announced through EventBridge"
    )


def test_two_consumers_have_a_function_and_a_mapping_each():
    graph = pipeline(consumers=["archiver", "notifier"])
    assert mappings(graph).keys() == {"stream-archiver-mapping", "stream-notifier-mapping"}
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
