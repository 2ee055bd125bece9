"""Whatever pipelines the settings name: the graph keeps every rule, and holds what they need and nothing else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.rules import violations as policy_violations
from sluice.cloud.program.execution import configuration, run
from sluice.cloud.program.recording import Recorder
from tests.infra.strictness import violations
from tests.policies.recording import neutral

MAILS = [
    {"template": "welcome", "events": ["INSERT"]},
    {"template": "profile-changed", "events": ["MODIFY"], "changed": ["email"]},
]
NAMES = st.text("abc-019", min_size=1, max_size=16)
TABLES = ["Orders", "Returns", "team.tables_of-2026"]
"""Names of tables that exist."""


@st.composite
def streamed(draw):
    """Streams, some of tables that exist, each of which has one stream to itself."""
    names, free = draw(st.lists(NAMES, unique=True, max_size=4)), list(TABLES)
    streams = {}
    for name in names:
        tables = draw(st.lists(st.sampled_from(free), unique=True, max_size=2)) if free else []
        free = [table for table in free if table not in tables]
        streams[name] = {
            "archive": draw(st.lists(st.sampled_from(["INSERT", "MODIFY", "REMOVE"]), unique=True)),
            "mails": draw(st.lists(st.sampled_from(MAILS), unique_by=str, max_size=2)),
            "sortKey": draw(st.none() | st.just("at")),
            "tables": tables,
        }
    return streams


BUCKETS = st.sampled_from([None, "team-drop", "team.exports"])


@st.composite
def imported(draw):
    """Imports, some from buckets that exist, each below a prefix of its own."""
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    tables = [draw(st.sampled_from([None, "Products", TABLES[0]])) for _ in names]
    return {
        name: {
            "ordered": draw(st.booleans()),
            "bucket": draw(BUCKETS),
            "prefix": f"in{number}/",
            "table": table,
            "columns": draw(st.sampled_from([{}, {"Cost": {"as": "price", "type": "N"}, "paid": "BOOL"}])),
            "set": draw(st.sampled_from([{}, {"source": "crm", "year": 2026}])),
            "warmWriteUnits": 0 if table else draw(st.sampled_from([0, 4000])),
        }
        for number, (name, table) in enumerate(zip(names, tables, strict=True))
    }


@st.composite
def reports(draw):
    """Reports whose groups have prefixes of their own."""
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    return {
        name: {
            "groups": [
                {"name": f"G{group}", "prefix": f"p{number}g{group}_", "label": "x", "expect": {"minimum": 1}}
                for group in range(draw(st.integers(1, 2)))
            ],
            "mail": draw(st.sampled_from(["always", "changes", "breaches", "never"])),
            "recipients": ["team@example.com"],
        }
        for number, name in enumerate(names)
    }


def configured(streams, imports, reported, stack="prod", **operations):
    """The configuration of a stack with these pipelines and no others, and changes of its operations."""
    base = configuration(stack)
    own = {"streams": {"users": None, **streams}, "imports": {"items": None, **imports}}
    own["reports"] = {"tables": None, **reported}
    own["operations"] = {**json.loads(base.get("sluice:operations", "{}")), **operations}
    return {**base, **{f"sluice:{section}": json.dumps(value) for section, value in own.items()}}


def graph_of(streams, imports, reported, stack="prod", **operations):
    """The graph of a stack with these pipelines and no others."""
    recorder = Recorder("eu-north-1")
    run(stack, recorder, config=configured(streams, imports, reported, stack, **operations))
    return recorder.graph


def numbers(graph):
    """How many there are of a type."""
    found = {}
    for resource in graph.resources.values():
        found[resource.type] = found.get(resource.type, 0) + 1
    return found


def test_a_stack_whose_reports_are_never_mailed_has_no_mail():
    """Its one other pipeline mails nobody either."""
    group = {"name": "G", "prefix": "p_", "label": "x"}
    graph = graph_of({"plain": {}}, {}, {"quiet": {"groups": [group], "mail": "never"}})
    assert not [type_ for type_ in numbers(graph) if type_.startswith(("aws:ses", "aws:sesv2"))]
    assert not [each for each in graph.of_type("aws:iam/rolePolicy:RolePolicy") if "ses:" in each.inputs["policy"]]
    assert graph.named("sluice-prod-report-quiet-reporter")


TABLE = "sluice-prod-stream-users-table"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
PIPELINES = (
    {"users": {"mails": [{"template": "welcome", "events": ["INSERT"]}]}},
    {"items": {}},
    {"tables": {"groups": [{"name": "G", "prefix": "p_", "label": "x", "expect": {"minimum": 1}}], "mail": "never"}},
)


def alarms_of(graph):
    return {alarm.name.removeprefix("sluice-prod-") for alarm in graph.of_type(ALARM)}


def test_essential_alarms_tell_of_losses_of_silence_and_of_what_is_expected():
    assert alarms_of(graph_of(*PIPELINES, alarms="essential")) == {
        "import-items-dead-letters-messages",
        "import-items-importer-failed-files",
        "import-items-importer-rejects",
        "import-items-queue-silent",
        "mail-bounces",
        "mail-complaints",
        "report-tables-broken",
        "report-tables-dead-letters-messages",
        "report-tables-silent",
        "report-tables-undelivered",
        *(f"stream-users-archiver-{kind}" for kind in ("dropped", "failed", "silent", "undelivered")),
        *(f"stream-users-notifier-{kind}" for kind in ("dropped", "failed", "silent", "undelivered")),
        "stream-users-notifier-refused",
        "stream-users-notifier-unreadable",
    }


def test_without_alarms_nobody_is_subscribed_to_them():
    graph = graph_of(*PIPELINES, alarms="none")
    assert alarms_of(graph) == set()
    assert "aws:sns/topicSubscription:TopicSubscription" not in numbers(graph)
    assert "aws:sns/topic:Topic" in numbers(graph)  # what becomes of mails goes to it


@pytest.mark.parametrize("choice", ["all", "essential", "none"])
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_policies_ask_for_the_alarms_that_are_promised(stack, choice):
    graph = graph_of(*PIPELINES, stack, alarms=choice)
    assert violations(graph) == []
    assert list(policy_violations(neutral(graph, stack))) == []


def test_resources_say_which_alarms_they_have_where_that_is_not_all():
    tables = {choice: graph_of(*PIPELINES, alarms=choice).named(TABLE).inputs["tags"] for choice in ("all", "none")}
    assert (tables["all"].get("alarms"), tables["none"]["alarms"]) == (None, "none")


@pytest.mark.parametrize(
    ("url", "runbook"),
    [
        ("", "docs/operating.md#report-silent"),
        ("https://wiki.example.com/sluice", "https://wiki.example.com/sluice#report-silent"),
        ("https://wiki.example.com/sluice/", "https://wiki.example.com/sluice/report-silent"),
    ],
)
def test_alarms_point_below_the_team_s_runbooks(url, runbook):
    alarm = graph_of(*PIPELINES, runbookUrl=url).named("sluice-prod-report-tables-silent")
    assert alarm.inputs["alarmDescription"].endswith(f" Runbook: {runbook} (sluice-prod-report-tables)")


def test_alarms_have_room_for_the_longest_url():
    url = f"https://wiki.example.com/{'r' * 275}"
    for alarm in graph_of(*PIPELINES, runbookUrl=url).of_type(ALARM):
        assert len(alarm.inputs["alarmDescription"]) <= 1024  # what CloudWatch takes


@settings(deadline=None, max_examples=12)
@given(streamed(), imported(), reports())
def test_any_number_of_pipelines_keeps_every_rule(streams, imports, reported):
    graph = graph_of(streams, imports, reported)
    assert violations(graph) == []
    assert list(policy_violations(neutral(graph, "prod"))) == []
    found = numbers(graph)
    consumers = sum(bool(its["archive"]) + bool(its["mails"]) for its in streams.values())
    assert found.get("sluice:index:StreamPipeline", 0) == len(streams)
    assert found.get("aws:lambda/function:Function", 0) == consumers + len(imports) + len(reported)
    assert found.get("aws:scheduler/schedule:Schedule", 0) == len(reported)
    assert found.get("aws:cloudwatch/eventRule:EventRule", 0) == sum(bool(its["bucket"]) for its in imports.values())
    mailed = any(its["mail"] != "never" for its in reported.values()) or any(its["mails"] for its in streams.values())
    assert bool(found.get("aws:sesv2/configurationSet:ConfigurationSet")) == mailed
    assert ("sluice:index:Mailer" in found) == mailed


def test_a_stack_of_imports_alone_has_no_resource_of_mail():
    types = numbers(graph_of({}, {"items": {}}, {}))
    assert [kind for kind in types if ":ses" in kind or "Mailer" in kind] == []


def test_a_stack_without_pipelines_is_a_topic_and_a_dashboard():
    graph = graph_of({}, {}, {})
    custom = {resource.type for resource in graph.resources.values() if resource.custom}
    assert custom == {
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:cloudwatch/dashboard:Dashboard",
    }


def test_each_pipeline_s_resources_carry_its_name_as_a_tag():
    graph = graph_of({"users": {}, "orders": {}}, {"items": {}}, {})
    tags = {
        resource.name: resource.inputs["tags"]["pipeline"]
        for resource in graph.resources.values()
        if resource.custom and resource.inputs.get("tags")
    }
    assert tags["sluice-prod-stream-orders-table"] == "stream/orders"
    assert tags["sluice-prod-stream-orders-archiver"] == "stream/orders"
    assert tags["sluice-prod-import-items-queue"] == "import/items"
    assert tags["sluice-prod-archive"] == "stream"


TWO_IMPORTS = {"items": {"bucket": "team-drop"}, "orders": {"bucket": "team-drop", "prefix": "orders/"}}


def buckets_of(graph):
    return [resource.name for resource in graph.of_type("aws:s3/bucket:Bucket")]


def test_a_bucket_that_exists_is_not_touched():
    graph = graph_of({}, TWO_IMPORTS, {})
    assert buckets_of(graph) == []
    assert numbers(graph)["aws:cloudwatch/eventRule:EventRule"] == 2
    functions = graph.of_type("aws:lambda/function:Function")
    assert {each.name: each.inputs["environment"]["variables"]["IMPORT_PREFIX"] for each in functions} == {
        "sluice-prod-import-items-importer": "incoming/",
        "sluice-prod-import-orders-importer": "orders/",
    }


def test_where_the_stack_is_local_a_bucket_of_two_imports_is_made_once():
    assert buckets_of(graph_of({}, TWO_IMPORTS, {}, "local")) == ["team-drop"]
