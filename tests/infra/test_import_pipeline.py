import json

import pytest

from tests.infra.imports import pipeline, variables
from tests.infra.reading import OPERATIONS, PROTECTED, TAGS, dependencies, statements, types

# ---- the bucket


def test_a_pipeline_makes_a_bucket_whose_objects_age():
    _, files, rejects = pipeline().named("import-files-lifecycle").inputs["rules"]
    assert files["filter"] == {"prefix": "incoming/"}
    assert "expiration" not in files
    assert rejects["filter"] == {"prefix": "rejected/"}
    assert rejects["expiration"] == {"days": 90}


def test_a_pipeline_takes_an_existing_bucket():
    graph = pipeline(bucket=True)
    (bucket,) = graph.of_type("aws:s3/bucket:Bucket")
    assert bucket.name == "drop"
    assert variables(graph)["IMPORT_PREFIX"] == "incoming/"
    assert statements(graph.named("import-importer-policy"))["ReadFiles"]["Resource"] == [
        f"{bucket.outputs['arn']}/incoming/*"
    ]


@pytest.mark.parametrize("prefix", ["", "rejected/", "rejected/files/", "rejected", "reject", "incoming"])
def test_a_prefix_that_could_make_it_import_its_rejects_is_refused(prefix):
    with pytest.raises(ValueError, match=f"prefix '{prefix}' could make the pipeline import its own rejects"):
        pipeline(prefix=prefix)


@pytest.mark.parametrize("prefix", ["drop/", "files/new/", "rejected-once/"])
def test_another_prefix_is_taken_everywhere(prefix):
    graph = pipeline(prefix=prefix)
    files = graph.named("import-files").outputs["arn"]
    (queue,) = graph.named("import-notification").inputs["queues"]
    assert queue["filterPrefix"] == prefix
    assert variables(graph)["IMPORT_PREFIX"] == prefix
    assert graph.named("import-files-lifecycle").inputs["rules"][1]["filter"] == {"prefix": prefix}
    assert statements(graph.named("import-importer-policy"))["ReadFiles"]["Resource"] == [f"{files}/{prefix}*"]


# ---- from the bucket to the function


def test_new_files_below_the_prefix_are_announced_to_the_queue():
    graph = pipeline()
    assert graph.named("import-notification").inputs == {
        "bucket": "import-files",
        "queues": [
            {
                "queueArn": graph.named("import-queue").outputs["arn"],
                "events": ["s3:ObjectCreated:*"],
                "filterPrefix": "incoming/",
            }
        ],
    }


def test_a_bucket_has_one_configuration_of_notifications():
    """A second one would overwrite the first."""
    assert len(pipeline().of_type("aws:s3/bucketNotification:BucketNotification")) == 1


def test_s3_is_told_of_the_queue_once_it_may_send():
    """S3 tries the queue when it is told of it, and refuses it otherwise."""
    graph = pipeline()
    assert "import-queue-policy" in dependencies(graph, graph.named("import-notification"))


@pytest.mark.parametrize(("args", "seconds"), [({}, 120), ({"timeout_seconds": 900}, 900)])
def test_a_message_stays_hidden_for_six_times_as_long_as_an_invocation_takes(args, seconds):
    graph = pipeline(**args)
    assert graph.named("import-importer").inputs["timeout"] == seconds
    assert graph.named("import-queue").inputs["visibilityTimeoutSeconds"] == 6 * seconds


def test_a_message_that_fails_five_times_is_a_dead_letter():
    graph = pipeline()
    assert json.loads(graph.named("import-queue").inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": graph.named("import-dead-letters").outputs["arn"],
        "maxReceiveCount": 5,
    }
    assert variables(graph)["IMPORT_RECEIVES"] == "5"


@pytest.mark.parametrize(("args", "most"), [({}, 10), ({"maximum_concurrency": 2}, 2)])
def test_one_piece_of_work_an_invocation_and_a_bounded_number_at_once(args, most):
    graph = pipeline(**args)
    assert graph.named("import-mapping").inputs == {
        "batchSize": 1,
        "eventSourceArn": graph.named("import-queue").outputs["arn"],
        "functionName": graph.named("import-importer").outputs["arn"],
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "metricsConfig": {"metrics": ["EventCount"]},
        "scalingConfig": {"maximumConcurrency": most},
    }


def test_the_mapping_comes_after_the_policy_of_its_role():
    graph = pipeline()
    assert "import-importer-policy" in dependencies(graph, graph.named("import-mapping"))


@pytest.mark.parametrize("stack", ["local", "dev", "prod"])
def test_only_the_importer_may_feed_itself(graph_of, stack):
    """Lambda stops such a chain after some 16 rounds unless it is told not to; this one has its own limit."""
    graph = graph_of(stack)
    (allowed,) = graph.of_type("aws:lambda/functionRecursionConfig:FunctionRecursionConfig")
    function = graph.named(f"sluice-{stack}-import-items-importer")
    assert allowed.inputs == {"functionName": function.outputs["name"], "recursiveLoop": "Allow"}
    assert function.inputs["environment"]["variables"]["IMPORT_HOP_LIMIT"] == "1000"


# ---- the tables


def test_a_pipeline_makes_a_table_with_its_keys():
    graph = pipeline(partition_key={"name": "sku", "type": "N"}, sort_key={"name": "at"})
    inputs = graph.named("import-table").inputs
    assert (inputs["hashKey"], inputs["rangeKey"]) == ("sku", "at")
    assert inputs["attributes"] == [{"name": "sku", "type": "N"}, {"name": "at", "type": "S"}]
    assert (variables(graph)["IMPORT_PARTITION_KEY"], variables(graph)["IMPORT_SORT_KEY"]) == ("sku", "at")


@pytest.mark.parametrize("args", [{}, {"sort_key": None}])
def test_without_a_sort_key_there_is_none(args):
    graph = pipeline(**args)
    assert "rangeKey" not in graph.named("import-table").inputs
    assert variables(graph)["IMPORT_SORT_KEY"] == ""


def test_a_pipeline_takes_an_existing_table():
    graph = pipeline(table=True)
    assert {table.name for table in graph.of_type("aws:dynamodb/table:Table")} == {"prices", "import-ledger"}
    assert variables(graph)["IMPORT_TABLE"] == "Prices"
    assert statements(graph.named("import-importer-policy"))["WriteItems"]["Resource"] == [
        graph.named("prices").outputs["arn"]
    ]


def test_a_table_may_be_warm_from_the_first_write_on():
    table = pipeline(warm_write_units=20_000.0).named("import-table")
    assert table.inputs["warmThroughput"] == {"readUnitsPerSecond": 12_000, "writeUnitsPerSecond": 20_000}
    assert "warmThroughput" not in pipeline().named("import-table").inputs


def test_warmth_that_grew_or_is_asked_for_later_replaces_no_table():
    assert pipeline(warm_write_units=20_000).named("import-table").options["ignore_changes"] == ["warmThroughput"]
    assert pipeline().named("import-table").options["ignore_changes"] == ["warmThroughput"]


def test_less_than_a_new_table_takes_is_refused():
    with pytest.raises(ValueError, match="warm_write_units 3999: allowed: 0, or at least 4000"):
        pipeline(warm_write_units=3999)


def test_the_ledger_can_be_asked_for_what_ended_and_how():
    (index,) = pipeline().named("import-ledger").inputs["globalSecondaryIndexes"]
    assert (index["name"], index["hashKey"], index["rangeKey"]) == ("ended", "status", "finished_at")


def test_the_ledger_is_by_object_and_version_and_its_helpers_expire():
    inputs = pipeline().named("import-ledger").inputs
    assert (inputs["hashKey"], inputs["rangeKey"]) == ("object", "version")
    assert inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_both_queues_have_an_alarm():
    graph = pipeline()
    assert graph.named("import-queue-waiting").inputs["metricName"] == "ApproximateAgeOfOldestMessage"
    assert graph.named("import-dead-letters-messages").inputs["metricName"] == "ApproximateNumberOfMessagesVisible"


# ---- the component


def test_a_pipeline_makes_these():
    assert types(pipeline(), "import") == {
        "import-dead-letters": "sluice:index:Queue",
        "import-files": "sluice:index:Bucket",
        "import-importer": "sluice:index:Function",
        "import-ledger": "sluice:index:Table",
        "import-mapping": "aws:lambda/eventSourceMapping:EventSourceMapping",
        "import-notification": "aws:s3/bucketNotification:BucketNotification",
        "import-queue": "sluice:index:Queue",
        "import-recursion": "aws:lambda/functionRecursionConfig:FunctionRecursionConfig",
        "import-table": "sluice:index:Table",
    }


def test_operations_reach_all_parts():
    graph = pipeline(operations=PROTECTED)
    assert all(graph.named(name).options["protect"] for name in ("import-files", "import-table", "import-ledger"))
    assert graph.named("import-importer").inputs["tracingConfig"] == {"mode": "Active"}
    tagged = pipeline(operations=OPERATIONS)
    for name in ("import-files", "import-queue", "import-dead-letters", "import-mapping", "import-importer"):
        assert tagged.named(name).inputs["tags"] == TAGS


def test_a_pipeline_tells_others_where_its_data_is():
    (component,) = pipeline().of_type("sluice:index:ImportPipeline")
    assert component.outputs == {
        "bucketName": "import-files",
        "tableName": "import-table",
        "ledgerName": "import-ledger",
    }
