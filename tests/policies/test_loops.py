"""Loops, each in a small program of its own: who writes where, and what that triggers."""

import json

import pulumi_aws as aws
import pytest

from infra.iam import allow, role_policy, trust
from infra.import_pipeline import ImportPipeline
from policies import loops, rules
from tests.policies.forms import FORMS
from tests.policies.recording import built, stack


def function(name, *statements):
    """A function whose role may do what the statements say."""
    role = aws.iam.Role(f"{name}-role", assume_role_policy=trust("lambda.amazonaws.com"))
    aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=role_policy(statements))
    return aws.lambda_.Function(name, role=role.arn, package_type="Image", image_uri="image")


def table_of(name):
    return aws.dynamodb.Table(name, hash_key="id", stream_enabled=True, stream_view_type="NEW_AND_OLD_IMAGES")


def reads_stream(name, table, reader):
    aws.lambda_.EventSourceMapping(name, event_source_arn=table.stream_arn, function_name=reader.arn)


def looped(build):
    """The loops of a program, each as the names that it goes through; the same in every form."""
    made = built(build)
    ways = {
        name: [
            violation.remedy.split(": ")[1].split(";")[0]
            for violation in rules.violations(form(made))
            if violation.rule == "no-write-loop"
        ]
        for name, form in FORMS.items()
    }
    assert ways == dict.fromkeys(FORMS, ways["inputs"])
    return ways["inputs"]


def test_a_consumer_that_writes_its_own_table_is_a_loop():
    def build():
        table = table_of("people")
        reads_stream("changes", table, function("counter", allow("W", ["dynamodb:UpdateItem"], [table.arn])))

    assert looped(build) == ["counter (Function) -> changes (EventSourceMapping) -> counter (Function)"]


@pytest.mark.parametrize("action", ["dynamodb:*", "*", "dynamodb:Put*"])
def test_a_wildcard_action_counts_as_every_write_that_it_covers(action):
    def build():
        table = table_of("people")
        reads_stream("changes", table, function("counter", allow("W", [action], [table.arn])))

    assert len(looped(build)) == 1


def test_a_consumer_that_only_reads_its_table_is_no_loop():
    def build():
        table = table_of("people")
        reads_stream("changes", table, function("reader", allow("R", ["dynamodb:GetItem"], [table.arn])))

    assert looped(build) == []


def test_a_loop_of_two_functions_is_found_once():
    def build():
        one, other = table_of("one"), table_of("other")
        reads_stream("ones", one, function("forth", allow("W", ["dynamodb:PutItem"], [other.arn])))
        reads_stream("others", other, function("back", allow("W", ["dynamodb:PutItem"], [one.arn])))

    (way,) = looped(build)
    assert [step.split()[0] for step in way.split(" -> ")] == ["back", "ones", "forth", "others", "back"]


@pytest.mark.parametrize(
    ("written", "listened", "loops"),
    [("out/*", "in/", 0), ("in/done/*", "in/", 1), ("*", "in/", 1), ("in*", "in/", 1), ("in/*", "in/done/", 1)],
)
def test_prefixes_of_one_bucket_loop_where_they_overlap(written, listened, loops):
    def build():
        bucket = aws.s3.Bucket("files")
        worker = function("worker", allow("W", ["s3:PutObject"], [bucket.arn.apply(lambda arn: f"{arn}/{written}")]))
        aws.s3.BucketNotification(
            "told",
            bucket=bucket.id,
            lambda_functions=[
                {"lambda_function_arn": worker.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": listened}
            ],
        )

    assert len(looped(build)) == loops


@pytest.mark.parametrize(
    ("detail", "loops"),
    [
        ({}, 1),
        ({"bucket": {"name": ["files"]}}, 1),
        ({"bucket": {"name": ["others"]}}, 0),
        ({"object": {"key": [{"prefix": "changes/"}]}}, 0),
    ],
)
def test_announcements_through_eventbridge_are_followed(detail, loops):
    def build():
        bucket = aws.s3.Bucket("files")
        worker = function("worker", allow("W", ["s3:PutObject"], [bucket.arn.apply(lambda arn: f"{arn}/out/*")]))
        rule = aws.cloudwatch.EventRule("new", event_pattern=json.dumps({"source": ["aws.s3"], "detail": detail}))
        aws.cloudwatch.EventTarget("new-to-worker", rule=rule.name, arn=worker.arn)

    assert len(looped(build)) == loops


@pytest.mark.parametrize(
    ("written", "loops"),
    [
        ("arn:aws:s3:::team-drop/in/*", 1),
        ("arn:aws-cn:s3:::team-drop/in/*", 1),
        ("arn:aws:s3:::team-drop/rejected/*", 0),
        ("arn:aws:s3:::others/in/*", 0),
    ],
)
def test_a_bucket_of_others_is_followed_through_a_rule_and_a_queue(written, loops):
    def build():
        worker = function("worker", allow("W", ["s3:PutObject"], [written]))
        queue = aws.sqs.Queue("work")
        detail = {"bucket": {"name": ["team-drop"]}, "object": {"key": [{"prefix": "in/"}]}}
        rule = aws.cloudwatch.EventRule("new", event_pattern=json.dumps({"source": ["aws.s3"], "detail": detail}))
        aws.cloudwatch.EventTarget("new-to-queue", rule=rule.name, arn=queue.arn)
        aws.lambda_.EventSourceMapping("work-to-worker", event_source_arn=queue.arn, function_name=worker.arn)

    way = "worker (Function) -> new (EventRule) -> new-to-queue (EventTarget) -> work (Queue) -> "
    assert looped(build) == [f"{way}work-to-worker (EventSourceMapping) -> worker (Function)"] * loops


def test_the_dead_letters_of_a_rule_s_target_are_followed():
    def build():
        bus = "arn:aws:events:eu-north-1:123456789012:event-bus/default"
        worker = function("worker", allow("W", ["events:PutEvents"], [bus]))
        rule = aws.cloudwatch.EventRule("new", event_pattern=json.dumps({"source": ["shop"]}))
        work, dead = aws.sqs.Queue("work"), aws.sqs.Queue("dead")
        aws.cloudwatch.EventTarget("new-to-queue", rule=rule.name, arn=work.arn, dead_letter_config={"arn": dead.arn})
        aws.lambda_.EventSourceMapping("given-up", event_source_arn=dead.arn, function_name=worker.arn)

    assert len(looped(build)) == 1


def test_an_import_from_a_bucket_that_exists_has_its_own_loop_alone(monkeypatch):
    monkeypatch.setattr(loops, "BOUNDED", ())

    def build():
        bucket = {"name": "team-drop", "arn": "arn:aws:s3:::team-drop"}
        ImportPipeline("import", {"partition_key": {"name": "id"}, "bucket": bucket})

    assert looped(build) == [
        "import-importer (Function) -> import-queue (Queue) -> import-mapping (EventSourceMapping) -> "
        "import-importer (Function)"
    ]


def test_events_of_ones_own_are_followed():
    def build():
        bus = "arn:aws:events:eu-north-1:123456789012:event-bus/default"
        worker = function("worker", allow("W", ["events:PutEvents"], [bus]))
        rule = aws.cloudwatch.EventRule("new", event_pattern=json.dumps({"source": ["shop"]}))
        aws.cloudwatch.EventTarget("new-to-worker", rule=rule.name, arn=worker.arn)

    assert len(looped(build)) == 1


def test_topics_queues_and_dead_letters_are_followed():
    def build():
        topic, dead = aws.sns.Topic("news"), aws.sqs.Queue("dead")
        redrive = dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3}))
        queue = aws.sqs.Queue("work", redrive_policy=redrive)
        aws.sns.TopicSubscription("to-work", topic=topic.arn, protocol="sqs", endpoint=queue.arn)
        worker = function("worker", allow("W", ["sns:Publish"], [topic.arn]))
        aws.lambda_.EventSourceMapping("given-up", event_source_arn=dead.arn, function_name=worker.arn)

    (way,) = looped(build)
    assert [step.split()[0] for step in way.split(" -> ")] == [
        "worker", "news", "to-work", "work", "dead", "given-up", "worker",
    ]  # fmt: skip


def test_a_function_that_reads_its_own_logs_is_a_loop():
    def build():
        group = aws.cloudwatch.LogGroup("logs")
        worker = function(
            "worker", allow("L", ["logs:PutLogEvents"], [group.arn.apply(lambda arn: f"{arn}:log-stream:*")])
        )
        aws.cloudwatch.LogSubscriptionFilter(
            "lines", log_group=group.name, destination_arn=worker.arn, filter_pattern=""
        )

    assert len(looped(build)) == 1


def test_a_function_that_invokes_itself_is_a_loop():
    def build():
        name = "arn:aws:lambda:eu-north-1:123456789012:function:worker"
        function("worker", allow("I", ["lambda:InvokeFunction"], [name]))

    assert looped(build) == ["worker (Function) -> worker (Function)"]


def test_the_importers_loop_is_found_and_is_the_only_one_listed(monkeypatch):
    monkeypatch.setattr(loops, "BOUNDED", ())
    found = [violation for violation in rules.violations(stack("prod")) if violation.rule == "no-write-loop"]
    assert [violation.remedy.split(";")[0] for violation in found] == [
        "it triggers itself: sluice-prod-import-items-importer (Function) -> sluice-prod-import-items-queue (Queue) -> "
        "sluice-prod-import-items-mapping (EventSourceMapping) -> sluice-prod-import-items-importer (Function)"
    ]
