import json
import re
import time
from itertools import count

import pytest
from pulumi import FileArchive

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import tap_name
from sluice.cloud.resources import registry
from sluice.cloud.resources.inputs import Inputs, pascal, whole
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import UnsupportedError

_numbers = count()


def create(cloud, token, name, values):
    return registry.create(cloud, token, Name(name, f"urn {next(_numbers)}"), values)


@pytest.fixture(scope="module")
def cloud(embedded_cloud):
    return Cloud(embedded_cloud.endpoint, "eu-north-1")


@pytest.fixture
def bucket(cloud):
    return create(cloud, "aws:s3/bucket:Bucket", "objects", {}).id


@pytest.fixture
def code(cloud, tmp_path):
    """The inputs of a function that answers what it is asked."""
    (tmp_path / "handler.py").write_text("def handle(event, context):\n    return event\n")
    assume = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [assume]})
    role = create(cloud, "aws:iam/role:Role", "role", {"assumeRolePolicy": trust}).outputs["arn"]
    return {"role": role, "handler": "handler.handle", "runtime": "python3.14", "code": FileArchive(str(tmp_path))}


@pytest.fixture
def queue(cloud):
    url = cloud.client("sqs").create_queue(QueueName=physical_name(Name("queue")))["QueueUrl"]
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [send]})
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def table_values(**values):
    key = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}]}
    return {"billingMode": "PAY_PER_REQUEST", **key, **values}


# --- inputs


def test_inputs_that_nobody_took_are_told_with_their_paths():
    inputs = Inputs({"name": "x", "left": 1, "rules": [{"a": 1, "b": 2}, {"a": 1, "c": {"d": 1}}]})
    inputs.take("name")
    for rule in inputs.objects("rules"):
        rule.take("a")
        rule.object("c")
    assert sorted(inputs.untaken()) == ["left", "rules[0].b", "rules[1].c.d"]


def test_the_rest_is_taken_as_arguments_of_an_api():
    inputs = Inputs({"name": "x", "batchSize": 5.0, "filterCriteria": {"filters": [{"pattern": "{}"}]}})
    inputs.take("name")
    assert inputs.rest() == {"BatchSize": 5, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}
    assert list(inputs.untaken()) == []


def test_what_was_left_out_has_the_default():
    inputs = Inputs({"there": False, "none": None})
    assert (inputs.take("there", True), inputs.take("none", 7), inputs.take("missing", 8)) == (False, 7, 8)
    assert (list(inputs.objects("rules")), inputs.object("ttl").rest()) == ([], {})


def test_whole_numbers_become_integers_wherever_they_are():
    found = whole({"a": 1.0, "b": [2.0, 2.5], "c": {"d": True}})
    assert found == {"a": 1, "b": [2, 2.5], "c": {"d": True}}
    assert [type(found["a"]), type(found["b"][0]), type(found["b"][1])] == [int, int, float]


def test_names_are_spelled_as_the_apis_spell_them():
    assert pascal({"onFailure": [{"destinationArn": "someText"}]}) == {"OnFailure": [{"DestinationArn": "someText"}]}


def test_automatic_names_begin_with_the_logical_name_and_are_another_for_each_urn():
    one, other = (physical_name(Name("users", f"urn:pulumi:local::{program}::t::users")) for program in ("a", "b"))
    assert one != other
    assert all(re.fullmatch("users-[0-9a-f]{7}", name) for name in (one, other))


def test_an_automatic_name_is_the_same_each_time():
    name = Name("users", "urn:pulumi:local::sluice::aws:dynamodb/table:Table::users")
    assert physical_name(name) == physical_name(name) == "users-d9c6f91"


def test_a_name_that_the_service_would_refuse_is_an_error():
    with pytest.raises(ValueError, match=r"has 72 characters, 64 are allowed: shorten x+"):
        physical_name(Name("x" * 64))


# --- what is created


def test_an_unknown_type_is_refused(cloud):
    with pytest.raises(UnsupportedError, match="cannot create this type"):
        create(cloud, "aws:ec2/vpc:Vpc", "net", {})


@pytest.mark.parametrize(
    ("token", "values", "path"),
    [
        (
            "aws:dynamodb/table:Table",
            table_values(attributes=[{"name": "id", "type": "S", "x": 1}]),
            r"attributes\[0\].x",
        ),
        ("aws:dynamodb/table:Table", table_values(tableClass="STANDARD"), "tableClass"),
        ("aws:s3/bucket:Bucket", {"acl": "private"}, "acl"),
        ("aws:sns/topic:Topic", {"fifoTopic": True}, "fifoTopic"),
    ],
)
def test_an_input_without_meaning_here_is_refused_by_its_path(cloud, token, values, path):
    with pytest.raises(UnsupportedError, match=f"the input {path}:"):
        create(cloud, token, "thing", values)


def test_an_input_that_the_api_does_not_know_is_refused(cloud, bucket):
    values = {"bucket": bucket, "versioningConfiguration": {"status": "Enabled", "speed": 1}}
    with pytest.raises(Exception, match="Speed"):
        create(cloud, "aws:s3/bucketVersioning:BucketVersioning", "versions", values)


def test_a_table_is_created_with_all_that_was_asked_for(cloud):
    recovery = {"enabled": True, "recoveryPeriodInDays": 14.0}
    stream = {"streamEnabled": True, "streamViewType": "NEW_AND_OLD_IMAGES"}
    expiry = {"attributeName": "expires", "enabled": True}
    values = table_values(**stream, ttl=expiry, pointInTimeRecovery=recovery, deletionProtectionEnabled=True)
    made = create(cloud, "aws:dynamodb/table:Table", "users", {**values, "tags": {"owner": "team"}})
    client = cloud.client("dynamodb")
    table = client.describe_table(TableName=made.id)["Table"]
    assert table["DeletionProtectionEnabled"]
    assert table["LatestStreamArn"] == made.outputs["streamArn"]
    assert client.list_tags_of_resource(ResourceArn=made.outputs["arn"])["Tags"] == [{"Key": "owner", "Value": "team"}]
    assert client.describe_time_to_live(TableName=made.id)["TimeToLiveDescription"]["AttributeName"] == "expires"
    backups = client.describe_continuous_backups(TableName=made.id)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_an_index_of_a_table_has_its_items_in_its_own_order(cloud):
    attributes = [{"name": name, "type": "S"} for name in ("id", "status", "at")]
    index = {"name": "ended", "hashKey": "status", "rangeKey": "at", "projectionType": "ALL"}
    values = table_values(attributes=attributes, globalSecondaryIndexes=[index])
    made = create(cloud, "aws:dynamodb/table:Table", "indexed", values)
    client = cloud.client("dynamodb")
    for user, more in (("a", {"at": "2"}), ("b", {"at": "1"}), ("c", {})):
        item = {"id": user, "status": "FAILED", **more}
        client.put_item(TableName=made.id, Item={name: {"S": value} for name, value in item.items()})
    found = client.query(
        TableName=made.id,
        IndexName="ended",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "FAILED"}},
    )
    assert [item["id"]["S"] for item in found["Items"]] == ["b", "a"]


def test_a_table_without_a_stream_says_so(cloud):
    made = create(cloud, "aws:dynamodb/table:Table", "plain", table_values(pointInTimeRecovery={"enabled": False}))
    assert (made.outputs["streamArn"], made.outputs["streamViewType"]) == ("", "")


def test_a_bucket_is_encrypted_as_asked(cloud, bucket):
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": True}
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    create(cloud, token, "encryption", {"bucket": bucket, "rules": [rule]})
    made = cloud.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert made["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert made["BucketKeyEnabled"]


def test_a_bucket_ages_its_objects_as_asked(cloud, bucket):
    rule = {"id": "old", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 30.0}}
    values = {"bucket": bucket, "rules": [rule]}
    create(cloud, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "ageing", values)
    (made,) = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert made == {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 30}}


def test_a_bucket_announces_objects_to_queues(cloud, bucket, queue):
    events = ["s3:ObjectCreated:*"]
    filtered = {"queueArn": queue, "events": events, "filterPrefix": "incoming/", "filterSuffix": ".csv"}
    token = "aws:s3/bucketNotification:BucketNotification"
    create(cloud, token, "notes", {"bucket": bucket, "eventbridge": True, "queues": [filtered]})
    made = cloud.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    rules = made["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"]
    assert {rule["Name"].lower(): rule["Value"] for rule in rules} == {"prefix": "incoming/", "suffix": ".csv"}
    assert "EventBridgeConfiguration" in made


def test_a_filter_of_announcements_that_is_not_known_is_refused(cloud, bucket, queue):
    values = {"bucket": bucket, "queues": [{"queueArn": queue, "events": ["s3:ObjectCreated:*"], "id": "x"}]}
    with pytest.raises(UnsupportedError, match=r"queues\[0\].id"):
        create(cloud, "aws:s3/bucketNotification:BucketNotification", "notes", values)


def test_a_function_runs_the_code_of_its_archive(cloud, code):
    made = create(cloud, "aws:lambda/function:Function", "echo", {**code, "timeout": 5.0})
    answer = cloud.client("lambda").invoke(FunctionName=made.id, Payload=b'{"said": "hello"}')
    assert json.loads(answer["Payload"].read()) == {"said": "hello"}


def test_a_function_calls_what_stands_before_the_emulator(embedded_cloud, code):
    cloud = Cloud(embedded_cloud.endpoint, "eu-north-1", "http://127.0.0.1:9")
    made = create(cloud, "aws:lambda/function:Function", "behind", code)
    variables = cloud.client("lambda").get_function_configuration(FunctionName=made.id)["Environment"]["Variables"]
    assert variables == {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


@pytest.mark.e2e
def test_mappings_of_queues_and_of_streams_are_enabled(cloud, code, queue):
    function = create(cloud, "aws:lambda/function:Function", "taker", code).outputs["arn"]
    view = {"streamEnabled": True, "streamViewType": "NEW_AND_OLD_IMAGES"}
    stream = create(cloud, "aws:dynamodb/table:Table", "streamed", table_values(**view)).outputs["streamArn"]
    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    places = ({"eventSourceArn": queue}, {"eventSourceArn": stream, "startingPosition": "TRIM_HORIZON"})
    made = [create(cloud, token, "mapping", {"functionName": function, "batchSize": 5.0, **place}) for place in places]

    def states():
        return [cloud.client("lambda").get_event_source_mapping(UUID=mapping.id)["State"] for mapping in made]

    end = time.monotonic() + 60
    while "Creating" in states() and time.monotonic() < end:
        time.sleep(0.05)
    assert states() == ["Enabled", "Enabled"]


def test_the_target_of_a_rule_is_shown_as_the_function_and_not_invoked_by_the_emulator(cloud, code):
    function = create(cloud, "aws:lambda/function:Function", "heard", code).outputs["arn"]
    pattern = json.dumps({"source": ["test"]})
    rule = create(cloud, "aws:cloudwatch/eventRule:EventRule", "matching", {"eventPattern": pattern}).outputs["name"]
    values = {"rule": rule, "arn": function, "retryPolicy": {"maximumRetryAttempts": 3.0}}
    made = create(cloud, "aws:cloudwatch/eventTarget:EventTarget", "target", values).outputs["targetId"]
    events, sqs = cloud.client("events"), cloud.client("sqs")
    (shown,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    assert (shown["Id"], shown["Arn"], shown["RetryPolicy"]) == (made, function, {"MaximumRetryAttempts": 3})
    events.put_events(Entries=[{"Source": "test", "DetailType": "type", "Detail": '{"number": 7}'}])
    tap = sqs.get_queue_url(QueueName=tap_name(rule, made))["QueueUrl"]
    (held,) = sqs.receive_message(QueueUrl=tap, WaitTimeSeconds=20)["Messages"]
    assert json.loads(held["Body"])["detail"] == {"number": 7}
    groups = [group["logGroupName"] for group in cloud.client("logs").describe_log_groups()["logGroups"]]
    assert not [name for name in groups if name.endswith(function.rpartition(":")[2])]


def test_what_a_rule_with_a_queue_matches_goes_into_a_tap_and_is_not_sent_by_the_emulator(cloud):
    queue = create(cloud, "aws:sqs/queue:Queue", "told", {}).outputs
    pattern = json.dumps({"source": ["told"]})
    rule = create(cloud, "aws:cloudwatch/eventRule:EventRule", "telling", {"eventPattern": pattern}).outputs["name"]
    values = {"rule": rule, "arn": queue["arn"]}
    made = create(cloud, "aws:cloudwatch/eventTarget:EventTarget", "telling-target", values).outputs["targetId"]
    cloud.client("events").put_events(Entries=[{"Source": "told", "DetailType": "type", "Detail": "{}"}])
    sqs = cloud.client("sqs")
    tap = sqs.get_queue_url(QueueName=tap_name(rule, made))["QueueUrl"]
    assert len(sqs.receive_message(QueueUrl=tap, WaitTimeSeconds=20)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=queue["url"], WaitTimeSeconds=0)


def test_a_target_that_is_neither_function_nor_queue_is_refused(cloud):
    values = {"rule": "rule", "arn": "arn:aws:sns:eu-north-1:000000000000:topic"}
    with pytest.raises(UnsupportedError, match=r"targets such as arn:aws:sns:.* are not supported here"):
        create(cloud, "aws:cloudwatch/eventTarget:EventTarget", "target", values)


def test_a_mapping_of_another_source_is_refused(cloud):
    source = "arn:aws:kinesis:eu-north-1:000000000000:stream/s"
    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    with pytest.raises(UnsupportedError, match="kinesis"):
        create(cloud, token, "mapping", {"eventSourceArn": source, "functionName": "f"})


def test_a_log_group_keeps_its_logs_as_long_as_asked(cloud):
    made = create(cloud, "aws:cloudwatch/logGroup:LogGroup", "kept-logs", {"retentionInDays": 30.0})
    (group,) = cloud.client("logs").describe_log_groups(logGroupNamePrefix=made.id)["logGroups"]
    assert group["retentionInDays"] == 30


def test_an_alarm_has_its_dimensions_and_actions(cloud):
    values = {
        "namespace": "AWS/Lambda", "metricName": "Errors", "statistic": "Sum", "period": 300.0, "threshold": 1.0,
        "evaluationPeriods": 1.0, "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "dimensions": {"FunctionName": "f"}, "alarmActions": ["arn:aws:sns:eu-north-1:000000000000:t"],
    }  # fmt: skip
    made = create(cloud, "aws:cloudwatch/metricAlarm:MetricAlarm", "errors", values)
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[made.id])["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "f"}]
    assert alarm["AlarmActions"] == values["alarmActions"]


def test_an_alarm_on_a_formula_has_its_metrics(cloud):
    metric = {"namespace": "AWS/SQS", "metricName": "NumberOfMessagesReceived", "dimensions": {"QueueName": "q"}}
    values = {
        "metricQueries": [
            {"id": "formula", "expression": "IF(m == 0, 1, 0)", "label": "formula", "returnData": True},
            {"id": "m", "metric": {**metric, "period": 300.0, "stat": "Sum"}},
        ],
        "threshold": 1.0, "evaluationPeriods": 3.0, "comparisonOperator": "GreaterThanOrEqualToThreshold",
    }  # fmt: skip
    made = create(cloud, "aws:cloudwatch/metricAlarm:MetricAlarm", "silent", values)
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[made.id])["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (made.id, 3, 1)


def test_a_template_may_have_a_text_alone(cloud):
    made = create(cloud, "aws:ses/template:Template", "t", {"name": "greeting", "subject": "Hi", "text": "Hello"})
    assert cloud.client("ses").get_template(TemplateName=made.id)["Template"]["TextPart"] == "Hello"


# --- Route 53


def test_records_of_the_team_s_own_zone_are_taken_and_not_made(cloud):
    values = {"zoneId": "Z1", "name": "mail.example.com", "type": "MX", "ttl": 1800, "records": ["10 a.example.com"]}
    made = create(cloud, "aws:route53/record:Record", "mx", values)
    assert (made.id, made.outputs) == ("Z1_mail.example.com_MX", {"fqdn": "mail.example.com"})


def test_a_domain_s_identity_has_the_three_tokens_that_its_records_are_named_after(cloud):
    made = create(cloud, "aws:sesv2/emailIdentity:EmailIdentity", "identity", {"emailIdentity": "records.example.com"})
    assert len(made.outputs["dkimSigningAttributes"]["tokens"]) == 3
    mail_from = {
        "emailIdentity": "records.example.com",
        "mailFromDomain": "mail.records.example.com",
        "behaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }
    token = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"
    assert create(cloud, token, "mail-from", mail_from).id == "records.example.com"
