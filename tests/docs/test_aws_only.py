"""Facts of AWS that docs/aws-only.md names and the embedded cloud does not show, held on the recorded graph."""

import json

import pytest

from tests.infra.reading import dependencies, statements

FUNCTIONS = ("import-items-importer", "report-tables-reporter", "stream-users-archiver", "stream-users-notifier")


@pytest.fixture
def prod(graph_of):
    return graph_of("prod")


def only(graph, token):
    (resource,) = graph.of_type(token)
    return resource.inputs


def policy(graph, function):
    return statements(graph.named(f"sluice-prod-{function}-policy"))


def test_the_importer_may_feed_its_own_queue_for_more_than_16_rounds(prod):
    config = only(prod, "aws:lambda/functionRecursionConfig:FunctionRecursionConfig")
    assert (config["functionName"], config["recursiveLoop"]) == ("sluice-prod-import-items-importer", "Allow")
    importer = prod.named("sluice-prod-import-items-importer").inputs["environment"]["variables"]
    assert int(importer["IMPORT_HOP_LIMIT"]) == 1000


def test_every_mapping_counts_its_events(prod):
    mappings = prod.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert [made.inputs["metricsConfig"] for made in mappings] == [{"metrics": ["EventCount"]}] * 3


def test_a_run_that_fails_is_retried_and_kept_whichever_half_of_the_way_it_fails_on(prod):
    dead_letters = prod.named("sluice-prod-report-tables-dead-letters").outputs["arn"]
    delivery = only(prod, "aws:scheduler/schedule:Schedule")["target"]
    invocation = only(prod, "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
    bounds = {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 360}
    assert delivery["deadLetterConfig"] == {"arn": dead_letters}
    assert delivery["retryPolicy"] == bounds
    assert invocation["destinationConfig"] == {"onFailure": {"destination": dead_letters}}
    assert bounds.items() <= invocation.items()


def test_the_schedule_hands_over_the_scheduled_time(prod):
    target = only(prod, "aws:scheduler/schedule:Schedule")["target"]
    assert json.loads(target["input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}


def test_only_the_bucket_of_this_account_sends_to_the_import_queue(prod):
    allowed = statements(prod.named("sluice-prod-import-items-queue-policy"))["Buckets"]["Condition"]
    bucket = prod.named("sluice-prod-import-items-files").outputs["arn"]
    assert allowed == {
        "ArnEquals": {"aws:SourceArn": [bucket]},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_s3_is_told_of_the_queue_after_the_queue_lets_it_send(prod):
    notification = prod.named("sluice-prod-import-items-notification")
    assert "sluice-prod-import-items-queue-policy" in dependencies(prod, notification)


def test_every_bucket_has_one_notification_at_most(graph_of):
    for stack in ("local", "dev", "staging", "prod"):
        notified = [
            made.inputs["bucket"] for made in graph_of(stack).of_type("aws:s3/bucketNotification:BucketNotification")
        ]
        assert len(notified) == len(set(notified)) == 2


def test_bulk_mail_is_allowed_under_both_names_of_its_action(prod):
    sending = policy(prod, "stream-users-notifier")["SendTemplates"]
    assert sending["Action"] == ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"]
    assert "Condition" not in sending  # the action knows none


def test_mail_is_allowed_on_every_identity_of_the_account_and_nothing_else(prod):
    for function, sid in (("stream-users-notifier", "SendTemplates"), ("report-tables-reporter", "SendMail")):
        identities, *others = policy(prod, function)[sid]["Resource"]
        assert identities.endswith(":identity/*")
        assert not [arn for arn in others if "*" in arn]


def test_the_reporter_sends_from_the_sender_only(prod):
    condition = policy(prod, "report-tables-reporter")["SendMail"]["Condition"]
    assert condition == {"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}


def test_ses_insists_on_tls_and_does_not_send_again_to_who_bounced_or_complained(prod):
    settings = only(prod, "aws:sesv2/configurationSet:ConfigurationSet")
    assert settings["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}
    assert settings["suppressionOptions"] == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_what_ses_says_later_reaches_the_topic(prod):
    destination = only(prod, "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
    told = destination["eventDestination"]
    assert told["matchingEventTypes"] == ["BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]
    assert told["snsDestination"] == {"topicArn": prod.named("sluice-prod-monitoring-alarms").outputs["arn"]}


@pytest.mark.parametrize(
    ("kind", "metric"), [("bounces", "Reputation.BounceRate"), ("complaints", "Reputation.ComplaintRate")]
)
def test_reputation_is_that_of_the_configuration_set(prod, kind, metric):
    alarm = prod.named(f"sluice-prod-mail-{kind}").inputs
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/SES", metric)
    assert alarm["dimensions"] == {"ses:configuration-set": "sluice-prod-mail-settings"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_alarm_on_a_metric_of_a_functions_own_has_the_functions_dimension(prod, function):
    alarms = [made.inputs for made in prod.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")]
    for alarm in alarms:
        if alarm.get("namespace") == "Sluice":
            assert list(alarm["dimensions"]) == ["FunctionName"]
    own = [alarm for alarm in alarms if alarm.get("dimensions", {}).get("FunctionName") == f"sluice-prod-{function}"]
    assert own


def test_a_run_ends_before_the_next_is_due(graph_of):
    for stack in ("local", "dev", "staging", "prod"):
        graph = graph_of(stack)
        assert graph.named(f"sluice-{stack}-report-tables-reporter").inputs["timeout"] == 240


def test_a_message_is_hidden_for_six_times_as_long_as_the_importer_may_work(prod):
    queue = prod.named("sluice-prod-import-items-queue").inputs["visibilityTimeoutSeconds"]
    assert queue == 6 * prod.named("sluice-prod-import-items-importer").inputs["timeout"]
