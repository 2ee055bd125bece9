import json
import re
from dataclasses import replace

import pytest

from policies import resource_types as types
from policies.access import WILDCARDS
from policies.documents import statements
from policies.model import UNKNOWN, Stack
from policies.protection import EXPENDABLE
from policies.rules import RULES, violations
from sluice.cloud.program.execution import stacks
from sluice.cloud.program.plausible import ACCOUNT
from sluice.cloud.program.schema import properties
from tests.policies.editing import add, drop, found, option, put, statement
from tests.policies.forms import FORMS, unsettled
from tests.policies.recording import stack

STACKS = stacks()

ARCHIVE, FILES, ALARMS = "sluice-prod-archive", "sluice-prod-import-items-files", "sluice-prod-monitoring-alarms"
QUEUE, DEAD = "sluice-prod-import-items-queue", "sluice-prod-import-items-dead-letters"
ARCHIVER, IMPORTER = "sluice-prod-stream-users-archiver", "sluice-prod-import-items-importer"
REPORTER, SCHEDULE = "sluice-prod-report-tables-reporter", "sluice-prod-report-tables-schedule"
TABLE, MAIL = "sluice-prod-stream-users-table", "sluice-prod-mail-settings"
MAPPING = f"{ARCHIVER}-mapping"
REFUSE_SOME = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
VARIABLES = "environment.variables"
# Keys and tokens are put together here, so that no scanner of repositories takes them for real ones.
ACCESS_KEY = "AKIA" + "IOSFODNN7" + "EXAMPLE"
RANDOM_KEY = "wJalrXUtnFEMI" + "K7MDENGbPxRfiCYz" + "EXAMPLEKEY1"

BREAKS = [
    # rule, what is changed, the resource that is named, part of the remedy
    ("type-known", add("aws:rds/cluster:Cluster", "orders"), "orders", "policies/resource_types.py"),
    ("tagged", put(types.QUEUE, QUEUE, "tags.owner", None), QUEUE, "add the tags owner"),
    ("tagged", put(types.MAPPING, MAPPING, "tags", None), MAPPING, "project, environment, pipeline, owner"),
    ("bucket-encrypted", drop(types.BUCKET_ENCRYPTION, f"{ARCHIVE}-encryption"), ARCHIVE, "AES256 or aws:kms"),
    ("bucket-encrypted", put(types.BUCKET_ENCRYPTION, f"{ARCHIVE}-encryption", "rules", []), ARCHIVE, "AES256"),
    ("queue-encrypted", put(types.QUEUE, QUEUE, "sqsManagedSseEnabled", False), QUEUE, "sqs_managed_sse_enabled=True"),
    ("queue-encrypted", put(types.QUEUE, QUEUE, "kmsMasterKeyId", "alias/aws/sqs"), QUEUE, "sqs_managed_sse_enabled"),
    (
        "alarm-topic-key",
        put(types.TOPIC, ALARMS, "kmsMasterKeyId", "alias/aws/sns"),
        ALARMS,
        "leave kms_master_key_id out",
    ),
    ("tls-only", drop(types.BUCKET_POLICY, f"{FILES}-tls-only"), FILES, 'refuse "s3:*"'),
    ("tls-only", statement(types.QUEUE_POLICY, f"{QUEUE}-policy", "TlsOnly"), QUEUE, 'refuse "sqs:*"'),
    ("tls-only", statement(types.QUEUE_POLICY, f"{QUEUE}-policy", "TlsOnly", **REFUSE_SOME), QUEUE, "SecureTransport"),
    (
        "tls-only",
        statement(types.TOPIC_POLICY, "sluice-prod-monitoring-publishers", "TlsOnly", Effect="Allow"),
        ALARMS,
        'refuse "sns:Publish"',
    ),
    (
        "tls-only",
        statement(types.BUCKET_POLICY, f"{ARCHIVE}-tls-only", "TlsOnly", Resource=["arn:aws:s3:::sluice-prod-archive"]),
        ARCHIVE,
        'refuse "s3:*"',
    ),
    ("mail-over-tls", put(types.CONFIGURATION_SET, MAIL, "deliveryOptions.tlsPolicy", "OPTIONAL"), MAIL, "REQUIRE"),
    (
        "bucket-private",
        put(types.BUCKET_PUBLIC_ACCESS, f"{ARCHIVE}-public-access", "blockPublicPolicy", False),
        ARCHIVE,
        "BucketPublicAccessBlock",
    ),
    ("bucket-private", drop(types.BUCKET_OWNERSHIP, f"{ARCHIVE}-ownership"), ARCHIVE, "BucketOwnerEnforced"),
    (
        "no-public-access",
        statement(types.QUEUE_POLICY, f"{QUEUE}-policy", "Buckets", Principal="*", Condition=None),
        f"{QUEUE}-policy",
        "statement Buckets allows everybody",
    ),
    (
        "no-public-access",
        statement(types.QUEUE_POLICY, f"{QUEUE}-policy", "Buckets", Condition={"ArnLike": {"aws:SourceArn": "*"}}),
        f"{QUEUE}-policy",
        "s3.amazonaws.com for any account",
    ),
    (
        "no-public-access",
        statement(types.ROLE, f"{SCHEDULE}-role", "Assume", Condition=None),
        f"{SCHEDULE}-role",
        "aws:SourceAccount",
    ),
    (
        "no-public-access",
        statement(types.ROLE, f"{ARCHIVER}-role", "Assume", Principal={"AWS": ["*"]}),
        f"{ARCHIVER}-role",
        "name the principal",
    ),
    ("no-public-function", add(types.FUNCTION_URL, "door", authorizationType="NONE"), "door", "AWS_IAM"),
    ("no-public-function", add(types.PERMISSION, "anybody", principal="*"), "anybody", "name the principal"),
    (
        "no-public-function",
        add(types.PERMISSION, "a-bucket", principal="s3.amazonaws.com", sourceArn="arn:aws:s3:::files"),
        "a-bucket",
        "set source_account",
    ),
    (
        "no-wildcard",
        statement(types.ROLE_POLICY, f"{ARCHIVER}-policy", "WriteArchive", Action=["s3:*"]),
        f"{ARCHIVER}-policy",
        "statement WriteArchive: Allow s3:*",
    ),
    (
        "no-wildcard",
        statement(types.ROLE_POLICY, f"{ARCHIVER}-policy", "ReadStream", Resource=["*"]),
        f"{ARCHIVER}-policy",
        "Allow dynamodb:GetRecords on *",
    ),
    (
        "no-wildcard",
        statement(
            types.ROLE_POLICY, f"{ARCHIVER}-policy", "WriteArchive", Resource=["arn:aws:s3:::sluice-prod-archive/*"]
        ),
        f"{ARCHIVER}-policy",
        "list them with a reason",
    ),
    (
        "no-wildcard",
        statement(types.ROLE_POLICY, f"{ARCHIVER}-policy", "WriteArchive", Action=None, NotAction=["s3:GetObject"]),
        f"{ARCHIVER}-policy",
        "uses NotAction",
    ),
    (
        "keys-through-a-service",
        statement(types.ROLE_POLICY, f"{ARCHIVER}-policy", "ReadStream", Action=["kms:Decrypt"]),
        f"{ARCHIVER}-policy",
        "statement ReadStream: add a condition StringEquals on kms:ViaService",
    ),
    (
        "keys-through-a-service",
        statement(
            types.ROLE_POLICY,
            f"{ARCHIVER}-policy",
            "ReadStream",
            Action=["kms:Decrypt", "kms:Encrypt"],
            Condition={"StringEquals": {"kms:ViaService": "dynamodb.eu-north-1.amazonaws.com"}},
        ),
        f"{ARCHIVER}-policy",
        "allow kms:Decrypt in place of kms:Encrypt",
    ),
    ("no-managed-policy", add(types.ROLE_POLICY_ATTACHMENT, "basic", role="r"), "basic", "RolePolicy"),
    (
        "no-managed-policy",
        put(types.ROLE, f"{ARCHIVER}-role", "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
        f"{ARCHIVER}-role",
        "RolePolicy",
    ),
    (
        "no-plaintext-secret",
        put(types.FUNCTION, ARCHIVER, f"{VARIABLES}.DB_PASSWORD", "hunter2"),
        ARCHIVER,
        "DB_PASSWORD is",
    ),
    (
        "no-plaintext-secret",
        put(types.FUNCTION, ARCHIVER, f"{VARIABLES}.STAGE", ACCESS_KEY),
        ARCHIVER,
        "an AWS access key",
    ),
    ("no-plaintext-secret", put(types.FUNCTION, ARCHIVER, f"{VARIABLES}.STAGE", RANDOM_KEY), ARCHIVER, "looks random"),
    (
        "no-plaintext-secret",
        put(types.FUNCTION, ARCHIVER, f"{VARIABLES}.STAGE", {"value": "x"}),
        ARCHIVER,
        "Pulumi secret",
    ),
    (
        "failure-destination",
        put(types.MAPPING, MAPPING, "destinationConfig", None),
        MAPPING,
        "destination_config on_failure",
    ),
    ("failure-destination", put(types.QUEUE, QUEUE, "redrivePolicy", None), QUEUE, "deadLetterTargetArn"),
    (
        "failure-destination",
        put(types.EVENT_INVOKE_CONFIG, "sluice-prod-report-tables-retries", "destinationConfig", None),
        REPORTER,
        "destination_config on_failure",
    ),
    (
        "failure-destination",
        put(types.SCHEDULE, SCHEDULE, "target.deadLetterConfig", None),
        SCHEDULE,
        "dead_letter_config",
    ),
    ("failure-destination", add(types.EVENT_TARGET, "told", arn="arn:x"), "told", "dead_letter_config"),
    ("failure-destination", add(types.TOPIC_SUBSCRIPTION, "hears", protocol="sqs"), "hears", "redrive_policy"),
    (
        "failure-permitted",
        statement(types.ROLE_POLICY, f"{ARCHIVER}-policy", "KeepFailures"),
        MAPPING,
        f"allow the role of {ARCHIVER} s3:PutObject on {ARCHIVE}",
    ),
    (
        "failure-permitted",
        statement(types.ROLE_POLICY, f"{REPORTER}-policy", "KeepFailures"),
        "sluice-prod-report-tables-retries",
        "sqs:SendMessage",
    ),
    (
        "failure-permitted",
        statement(types.ROLE_POLICY, f"{SCHEDULE}-policy", "KeepFailures"),
        SCHEDULE,
        "sqs:SendMessage on sluice-prod-report-tables-dead-letters",
    ),
    (
        "failure-permitted",
        add(types.EVENT_TARGET, "told", deadLetterConfig={"arn": f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{DEAD}"}),
        "told",
        f"let events.amazonaws.com send to {DEAD}",
    ),
    ("bounded-mapping", put(types.MAPPING, MAPPING, "maximumRetryAttempts", None), MAPPING, "maximum_retry_attempts"),
    ("bounded-mapping", put(types.MAPPING, MAPPING, "maximumRetryAttempts", -1.0), MAPPING, "maximum_retry_attempts"),
    ("bounded-mapping", put(types.MAPPING, MAPPING, "maximumRecordAgeInSeconds", -1.0), MAPPING, "maximum_record_age"),
    ("bounded-mapping", put(types.MAPPING, MAPPING, "bisectBatchOnFunctionError", False), MAPPING, "set bisect_batch"),
    (
        "bounded-mapping",
        put(types.MAPPING, "sluice-prod-import-items-mapping", "functionResponseTypes", None),
        "sluice-prod-import-items-mapping",
        "ReportBatchItemFailures",
    ),
    (
        "bounded-redrive",
        put(types.QUEUE, QUEUE, "redrivePolicy", json.dumps({"deadLetterTargetArn": "arn:x", "maxReceiveCount": 500})),
        QUEUE,
        "maxReceiveCount",
    ),
    ("bounded-invocations", put(types.SCHEDULE, SCHEDULE, "target.retryPolicy", None), SCHEDULE, "target retry_policy"),
    (
        "bounded-invocations",
        put(types.EVENT_INVOKE_CONFIG, "sluice-prod-report-tables-retries", "maximumEventAgeInSeconds", None),
        "sluice-prod-report-tables-retries",
        "maximum_event_age_in_seconds",
    ),
    (
        "bounded-invocations",
        add(types.EVENT_TARGET, "told", arn="arn:x"),
        "told",
        "retry_policy maximum_retry_attempts",
    ),
    (
        "bounded-function",
        drop(types.EVENT_INVOKE_CONFIG, "sluice-prod-report-tables-retries"),
        REPORTER,
        "FunctionEventInvokeConfig",
    ),
    (
        "queue-waits",
        put(types.QUEUE, QUEUE, "visibilityTimeoutSeconds", 120.0),
        QUEUE,
        "visibility_timeout_seconds to 720",
    ),
    ("queue-waits", put(types.QUEUE, DEAD, "messageRetentionSeconds", 345_600.0), DEAD, "message_retention_seconds"),
    (
        "bucket-notifies",
        add(types.BUCKET_NOTIFICATION, "another", bucket=ARCHIVE),
        "another",
        "one replaces the other",
    ),
    (
        "bucket-notifies",
        drop(types.QUEUE_POLICY, f"{QUEUE}-policy"),
        "sluice-prod-import-items-notification",
        "depend on",
    ),
    (
        "bucket-notifies",
        statement(types.QUEUE_POLICY, f"{QUEUE}-policy", "Buckets"),
        "sluice-prod-import-items-notification",
        f"let s3.amazonaws.com send to {QUEUE}",
    ),
    (
        "no-write-loop",
        statement(
            types.ROLE_POLICY,
            f"{IMPORTER}-policy",
            "KeepRejects",
            Resource=["arn:aws:s3:::sluice-prod-import-items-files/incoming/rejected/*"],
        ),
        IMPORTER,
        "sluice-prod-import-items-notification (BucketNotification) -> sluice-prod-import-items-queue (Queue)",
    ),
    ("no-write-loop", put(types.FUNCTION, IMPORTER, f"{VARIABLES}.IMPORT_HOP_LIMIT", None), IMPORTER, "10000 rounds"),
    (
        "no-write-loop",
        put(types.FUNCTION, IMPORTER, f"{VARIABLES}.IMPORT_HOP_LIMIT", "99999"),
        IMPORTER,
        "10000 rounds",
    ),
    ("no-write-loop", drop(types.RECURSION, "sluice-prod-import-items-recursion"), IMPORTER, "FunctionRecursionConfig"),
    ("no-write-loop", put(types.QUEUE, QUEUE, "redrivePolicy", None), IMPORTER, "is delivered endlessly"),
    (
        "recursion-guarded",
        add(types.RECURSION, "unguarded", functionName=ARCHIVER, recursiveLoop="Allow"),
        "unguarded",
        "policies/loops.py",
    ),
    (
        "log-retention",
        put(types.LOG_GROUP, f"{ARCHIVER}-logs", "retentionInDays", None),
        f"{ARCHIVER}-logs",
        "retention_in_days",
    ),
    (
        "log-retention",
        put(types.LOG_GROUP, f"{ARCHIVER}-logs", "retentionInDays", 0.0),
        f"{ARCHIVER}-logs",
        "retention_in_days",
    ),
    (
        "log-group-owned",
        put(types.FUNCTION, ARCHIVER, "loggingConfig.logGroup", None),
        ARCHIVER,
        "logging_config log_group",
    ),
    ("function-alarms", drop(types.ALARM, f"{ARCHIVER}-errors"), ARCHIVER, "AWS/Lambda Errors"),
    (
        "function-alarms",
        put(types.ALARM, f"{ARCHIVER}-throttles", "dimensions.FunctionName", "x"),
        ARCHIVER,
        "Throttles",
    ),
    ("function-alarms", put(types.ALARM, f"{ARCHIVER}-duration", "namespace", "Own"), ARCHIVER, "Duration"),
    ("stream-alarms", drop(types.ALARM, f"{ARCHIVER}-lag"), MAPPING, "IteratorAge"),
    ("stream-alarms", drop(types.ALARM, f"{ARCHIVER}-dropped"), MAPPING, "DroppedEventCount"),
    ("stream-alarms", drop(types.ALARM, f"{ARCHIVER}-failed"), MAPPING, "OnFailureDestinationDeliveredEventCount"),
    ("stream-alarms", put(types.MAPPING, MAPPING, "metricsConfig", None), MAPPING, "EventCount"),
    ("queue-alarms", drop(types.ALARM, f"{QUEUE}-waiting"), QUEUE, "ApproximateAgeOfOldestMessage"),
    ("queue-alarms", drop(types.ALARM, f"{DEAD}-messages"), DEAD, "ApproximateNumberOfMessagesVisible"),
    ("silence-alarms", drop(types.ALARM, f"{ARCHIVER}-silent"), MAPPING, "PolledEventCount"),
    (
        "silence-alarms",
        put(types.ALARM, f"{ARCHIVER}-silent", "treatMissingData", "notBreaching"),
        MAPPING,
        "treats missing data as breaching",
    ),
    ("silence-alarms", drop(types.ALARM, f"{QUEUE}-silent"), QUEUE, "visible while none are received"),
    ("silence-alarms", put(types.ALARM, f"{QUEUE}-silent", "metricQueries", []), QUEUE, "visible"),
    ("silence-alarms", drop(types.ALARM, "sluice-prod-report-tables-silent"), SCHEDULE, "Invocations"),
    ("alarm-tells", put(types.ALARM, f"{ARCHIVER}-errors", "alarmActions", []), f"{ARCHIVER}-errors", "alarm_actions"),
    (
        "alarm-tells",
        put(types.ALARM, f"{ARCHIVER}-errors", "alarmDescription", None),
        f"{ARCHIVER}-errors",
        "description",
    ),
    (
        "alarm-heard",
        drop(types.TOPIC_SUBSCRIPTION, "sluice-prod-monitoring-to-on-call-example-com"),
        ALARMS,
        "alarmEmails",
    ),
    (
        "mail-events",
        put(types.MAIL_EVENTS, "sluice-prod-mail-events", "eventDestination.matchingEventTypes", ["BOUNCE"]),
        MAIL,
        "COMPLAINT, REJECT, RENDERING_FAILURE",
    ),
    (
        "mail-events",
        put(types.MAIL_EVENTS, "sluice-prod-mail-events", "eventDestination.enabled", False),
        MAIL,
        "BOUNCE",
    ),
    ("mail-events", put(types.CONFIGURATION_SET, MAIL, "suppressionOptions", None), MAIL, "suppressed_reasons"),
    (
        "topic-publishers",
        statement(types.TOPIC_POLICY, "sluice-prod-monitoring-publishers", "Alarms"),
        ALARMS,
        "cloudwatch.amazonaws.com",
    ),
    (
        "topic-publishers",
        statement(types.TOPIC_POLICY, "sluice-prod-monitoring-publishers", "MailEvents"),
        ALARMS,
        "ses.amazonaws.com",
    ),
    (
        "topic-publishers",
        option(types.MAIL_EVENTS, "sluice-prod-mail-events", dependencies=frozenset()),
        "sluice-prod-mail-events",
        "depend on the TopicPolicy",
    ),
    ("traced", put(types.FUNCTION, ARCHIVER, "tracingConfig.mode", "PassThrough"), ARCHIVER, "tracing_config"),
    ("recoverable", put(types.TABLE, TABLE, "pointInTimeRecovery.enabled", False), TABLE, "point_in_time_recovery"),
    ("recoverable", drop(types.BUCKET_VERSIONING, f"{ARCHIVE}-versioning"), ARCHIVE, "BucketVersioning"),
    ("protected", option(types.TABLE, TABLE, protected=False), TABLE, "protect=True"),
    ("protected", option(types.BUCKET, ARCHIVE, retained=False), ARCHIVE, "retain_on_delete=True"),
    ("protected", put(types.TABLE, TABLE, "deletionProtectionEnabled", False), TABLE, "deletion_protection_enabled"),
    ("protected", put(types.BUCKET, ARCHIVE, "forceDestroy", True), ARCHIVE, "force_destroy"),
    (
        "runtime-supported",
        put(types.FUNCTION, ARCHIVER, "runtime", "python3.8"),
        ARCHIVER,
        "was deprecated on 2024-10-14",
    ),
    ("runtime-supported", put(types.FUNCTION, ARCHIVER, "runtime", "ruby3.3"), ARCHIVER, "policies/runtimes.py"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", STACKS)
def test_no_stack_breaks_a_rule(name, form):
    lines = [str(violation) for violation in violations(FORMS[form](stack(name)))]
    assert not lines, "\n".join(["", *lines])


@pytest.mark.parametrize("form", [*FORMS, "unsettled"])
@pytest.mark.parametrize("name", STACKS)
def test_a_preview_is_not_blamed_for_what_only_aws_can_say(name, form):
    """Also what the program gives is not known yet; and without the pack's help nobody is blamed."""
    shown = {**FORMS, "unsettled": unsettled}[form](stack(name, preview=True))
    lines = [str(violation) for violation in violations(shown)]
    assert not lines, "\n".join(["", *lines])


def leaves_blank(value):
    """A value of which nothing is known but its shape."""
    if isinstance(value, dict):
        return {name: leaves_blank(held) for name, held in value.items()}
    return [UNKNOWN for _ in value] if isinstance(value, list) else UNKNOWN


@pytest.mark.parametrize("blank", [lambda _: UNKNOWN, leaves_blank], ids=["whole", "leaves"])
def test_no_rule_blames_or_stumbles_over_what_is_not_known_yet(blank):
    prod = stack("prod")
    for resource in prod.resources:
        blanked = replace(resource, inputs={name: blank(value) for name, value in resource.inputs.items()})
        others = [each for each in prod.resources if each != resource]
        lines = [str(violation) for violation in violations(Stack("prod", [*others, blanked]))]
        assert not lines, "\n".join(["", *lines])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("rule", "edit", "resource", "remedy"), BREAKS, ids=[f"{number}-{case[0]}" for number, case in enumerate(BREAKS)]
)
def test_an_edit_that_breaks_a_rule_is_told_with_resource_rule_and_remedy(rule, edit, resource, remedy, form):
    lines = [str(violation) for violation in violations(FORMS[form](edit(stack("prod"))))]
    assert [line for line in lines if f" {resource}: {rule}: " in line and remedy in line], lines


def test_every_rule_has_an_edit_that_breaks_it():
    assert {case[0] for case in BREAKS} == {rule.name for rule in RULES}


@pytest.mark.parametrize("expression", ["rate(7 days)", "cron(0 8 1 * ? *)", "at(2026-11-21T12:00:00)"])
def test_a_schedule_of_rare_runs_needs_no_alarm_on_silence(expression):
    rare = put(types.SCHEDULE, SCHEDULE, "scheduleExpression", expression)
    assert violations(rare(drop(types.ALARM, "sluice-prod-report-tables-silent")(stack("prod")))) == []


def test_names_of_rules_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", ["recoverable", "protected", "alarm-heard", "traced"])
def test_what_prod_asks_for_is_not_asked_of_dev(rule):
    assert rule not in {violation.rule for violation in violations(stack("dev"))}
    assert stack("dev").environment == "dev"


def test_a_permission_for_one_rule_of_ones_own_account_is_fine():
    rule = "arn:aws:events:eu-north-1:123456789012:rule/new-objects"
    edit = add(types.PERMISSION, "new-objects", principal="events.amazonaws.com", sourceArn=rule)
    assert violations(edit(stack("prod"))) == []


def test_what_may_be_lost_is_there():
    for type_, name in EXPENDABLE:
        found(stack("prod"), type_, f"sluice-prod{name.removeprefix('*')}")


def test_every_listed_wildcard_is_in_use():
    """A reason that nothing needs any more would let the next wildcard in unseen."""
    given = [each for name in STACKS for resource in stack(name).resources for each in statements(resource)]
    unused = [
        known
        for known in WILDCARDS
        if not any(
            _matches(known, each.effect, action, target)
            for each in given
            for action in each.actions
            for target in each.resources
        )
    ]
    assert unused == []


def _matches(known, effect, action, target):
    return known.effect == effect and re.fullmatch(known.actions, action) and re.fullmatch(known.resource, target)


@pytest.mark.parametrize("token", types.KNOWN)
def test_what_is_known_of_a_type_is_what_pulumi_aws_says(token):
    assert types.KNOWN[token].taggable == ("tags" in properties(token))


def test_the_arns_of_the_recorded_graph_are_in_awss_form():
    arns = {found(stack("prod"), types.BUCKET, ARCHIVE).arn, found(stack("prod"), types.TABLE, TABLE).arn}
    assert arns == {
        "arn:aws:s3:::sluice-prod-archive",
        f"arn:aws:dynamodb:eu-north-1:{ACCOUNT}:table/sluice-prod-stream-users-table",
    }
