"""An import from a bucket that exists: what hears it, and what stays as it is."""

import json

import pulumi_aws as aws
import pytest

from infra.import_pipeline import ImportPipeline
from tests.infra.reading import OPERATIONS, TAGS, dependencies, record, statements, types


def pipeline(name="import", **args):
    def build():
        drop = aws.s3.Bucket("drop", bucket="team-drop")
        given = {"partition_key": {"name": "id"}, "bucket": {"name": drop.bucket, "arn": drop.arn}, **args}
        ImportPipeline(name, given)

    return record(build)


@pytest.mark.parametrize(("args", "prefix"), [({}, "incoming/"), ({"prefix": "exports/daily/"}, "exports/daily/")])
def test_a_rule_matches_new_objects_below_the_prefix_of_the_bucket(args, prefix):
    rule = pipeline(**args).named("import-rule").inputs
    assert json.loads(rule.pop("eventPattern")) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["team-drop"]}, "object": {"key": [{"prefix": prefix}]}},
    }
    assert rule == {"description": f"New objects below {prefix} that are to be imported"}


def test_what_it_matches_goes_to_the_queue_and_what_cannot_for_a_day_to_the_dead_letters():
    graph = pipeline()
    rule, queue, dead = (graph.named(f"import-{name}").outputs for name in ("rule", "queue", "dead-letters"))
    assert graph.named("import-target").inputs == {
        "rule": rule["name"],
        "arn": queue["arn"],
        "retryPolicy": {"maximumRetryAttempts": 100, "maximumEventAgeInSeconds": 86_400},
        "deadLetterConfig": {"arn": dead["arn"]},
    }


@pytest.mark.parametrize("queue", ["import-queue", "import-dead-letters"])
def test_this_rule_alone_may_send_to_both_queues(queue):
    graph = pipeline()
    found = statements(graph.named(f"{queue}-policy"))
    assert found.keys() == {"TlsOnly", "Rules"}
    assert found["Rules"] == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": [graph.named(queue).outputs["arn"]],
        "Condition": {"ArnEquals": {"aws:SourceArn": [graph.named("import-rule").outputs["arn"]]}},
    }


def test_the_rule_has_its_target_once_the_queues_let_it_send():
    graph = pipeline()
    assert {"import-queue-policy", "import-dead-letters-policy"} <= dependencies(graph, graph.named("import-target"))


def test_nothing_of_the_bucket_is_touched():
    graph = pipeline()
    of_s3 = [resource.name for resource in graph.resources.values() if resource.type.startswith("aws:s3/")]
    assert of_s3 == ["drop"]


def test_of_the_bucket_that_a_pipeline_makes_s3_tells_the_queue_itself():
    graph = record(lambda: ImportPipeline("import", {"partition_key": {"name": "id"}}))
    assert [kind for kind in types(graph, "import").values() if "cloudwatch/event" in kind] == []
    assert statements(graph.named("import-queue-policy")).keys() == {"TlsOnly", "Buckets"}
    assert statements(graph.named("import-dead-letters-policy")).keys() == {"TlsOnly"}


def test_a_pipeline_makes_a_rule_and_its_target():
    made = types(pipeline(), "import")
    assert made["import-rule"] == "aws:cloudwatch/eventRule:EventRule"
    assert made["import-target"] == "aws:cloudwatch/eventTarget:EventTarget"
    assert not {"import-files", "import-notification"} & made.keys()


def test_the_rule_carries_the_tags():
    assert pipeline(operations=OPERATIONS).named("import-rule").inputs["tags"] == TAGS


def test_a_long_name_is_cut_to_what_eventbridge_takes():
    name = "a-project-with-a-long-name-staging-environ-import-sixteen-letters-"
    found = pipeline(name).named(f"{name}-rule").inputs["name"]
    assert len(found) == 64
