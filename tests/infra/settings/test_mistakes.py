import json

import pytest

from tests.infra.settings.making import ONLY, mistakes, settings


def test_every_mistake_is_named_at_once_with_key_and_found_and_allowed():
    assert mistakes(
        "Dev",
        mail={"sender": "nobody", "enabled": "yes"},
        streams={"archive": ["INSERT", "UPSERT"]},
        imports={"chunkMiB": 0, "columns": {"price": "FLOAT"}},
        reports={"every": "hourly", "recipients": []},
        operations={"logRetentionDays": 8},
    ) == [
        "environment: found 'Dev'; allowed: a stack name of up to 16 of a-z 0-9 -, starting with a letter: "
        "it is part of resource names",
        "sluice:mail.sender: found 'nobody'; allowed: an e-mail address such as team@example.com",
        "sluice:mail.enabled: found 'yes'; allowed: a valid boolean",
        "sluice:streams.users.archive[1]: found 'UPSERT'; allowed: 'INSERT', 'MODIFY' or 'REMOVE'",
        "sluice:imports.items.columns.price: found 'FLOAT'; allowed: 'S', 'N' or 'BOOL', or an object of as, type",
        "sluice:imports.items.chunkMiB: found 0; allowed: greater than or equal to 1",
        "sluice:reports.tables.every: found 'hourly'; allowed: an EventBridge schedule such as rate(5 minutes) "
        "or cron(0 8 * * ? *), in UTC",
        "sluice:reports.tables.recipients: found []; allowed: at least one address, unless mail is never",
        "sluice:operations.logRetentionDays: found 8; allowed: one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, "
        "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 (what CloudWatch Logs offers)",
    ]


def test_a_mistake_between_fields_is_named_beside_the_others_of_its_section():
    found = mistakes(mail={"domain": "elsewhere.com", "onlyTo": ["@"]}, imports={"sortKey": "id", "chunkMiB": 0})
    assert [mistake.partition(":")[2].partition(":")[0] for mistake in found] == [
        "mail.domain",
        "mail.onlyTo[0]",
        "imports.items.sortKey",
        "imports.items.chunkMiB",
    ]


def test_a_mistake_of_a_whole_is_named_beside_those_of_its_parts():
    """The label that was missing hid that the prefixes overlap, which was told only when the label was there."""
    groups = [{"name": "A", "prefix": "RA_"}, {"name": "B", "prefix": "RA_2024_", "label": "b"}]
    assert mistakes(
        streams={"archive": ["INSERT", "INSERT", "UPSERT"]},
        imports={"columns": {"id": "BOOL", "price": "FLOAT"}},
        reports={"groups": groups},
    ) == [
        "sluice:streams.users.archive[2]: found 'UPSERT'; allowed: 'INSERT', 'MODIFY' or 'REMOVE'",
        "sluice:streams.users.archive: found ['INSERT', 'INSERT', 'UPSERT']; allowed: INSERT once, not 2 times",
        "sluice:imports.items.columns.price: found 'FLOAT'; allowed: 'S', 'N' or 'BOOL', or an object of as, type",
        "sluice:imports.items.columns: found {'id': 'BOOL', 'price': 'FLOAT'}; "
        "allowed: S or N for id, which the table has as key",
        "sluice:reports.tables.groups[0].label: missing; it has no default",
        f"sluice:reports.tables.groups: found {groups}; "
        "allowed: prefixes that do not overlap: tables of RA_ and RA_2024_ would count twice",
    ]


@pytest.mark.parametrize(
    ("section", "field", "value", "repeated"),
    [
        ("streams", "archive", ["REMOVE", "INSERT", "REMOVE"], "REMOVE"),
        ("imports", "ignore", ["*.crc", "*.md5", "*.crc"], "*.crc"),
        ("mail", "onlyTo", ["example.com", "Example.com"], "example.com"),
        ("reports", "recipients", ["team@example.com", "team@EXAMPLE.com"], "team@example.com"),
        ("operations", "alarmEmails", ["on-call@example.com", "on-call@example.com"], "on-call@example.com"),
    ],
)
def test_what_is_repeated_is_refused(section, field, value, repeated):
    key = f"{section}.{ONLY[section]}" if section in ONLY else section
    assert mistakes(**{section: {field: value}}) == [
        f"sluice:{key}.{field}: found {value}; allowed: {repeated} once, not 2 times"
    ]


def test_names_that_differ_in_case_are_two_attributes():
    mails = [{"template": "profile-changed", "events": ["MODIFY"], "changed": ["name", "Name"]}]
    (rule,) = settings(streams={"mails": mails}).streams["users"].rules
    assert rule.get("changed") == ["name", "Name"]


def test_an_unknown_section_is_refused_with_the_known_ones():
    assert mistakes(mails={}) == [
        "sluice:mails: unknown; allowed: sluice:mail, sluice:streams, sluice:imports, sluice:reports, sluice:operations"
    ]


def test_an_unknown_field_is_refused_with_the_known_ones():
    assert mistakes(operations={"protected": True}) == [
        "sluice:operations.protected: unknown; allowed: alarms, alarmEmails, runbookUrl, logRetentionDays, protect, "
        "tracing, owner"
    ]


def test_an_unknown_field_of_a_group_is_refused_with_the_known_ones():
    group = {"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "colour": "red"}
    assert mistakes(reports={"groups": [group]}) == [
        "sluice:reports.tables.groups[0].colour: unknown; allowed: name, prefix, label, expect"
    ]


@pytest.mark.parametrize("text", ["{", "", "plain"])
def test_a_section_that_is_no_json_is_refused(text):
    (found,) = mistakes(operations=text)
    assert found == (
        f"sluice:operations: found {text!r}; "
        "allowed: an object of alarms, alarmEmails, runbookUrl, logRetentionDays, protect, tracing, owner"
    )


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000], ids=["nested", "long"])
def test_json_that_python_cannot_read_is_refused_in_a_short_line(text):
    (found,) = mistakes(streams=text)
    assert found.startswith(f"sluice:streams: found '{text[0]}")
    assert len(found) < 400


@pytest.mark.parametrize("value", [[], 1, True, "text"])
def test_a_section_that_is_no_object_is_refused(value):
    (found,) = mistakes(operations=json.dumps(value))
    assert found.startswith(f"sluice:operations: found {value!r}; allowed: an object of alarms, alarmEmails, ")


@pytest.mark.parametrize("value", [[], 1, True, "text"])
def test_pipelines_that_are_no_object_are_refused(value):
    (found,) = mistakes(streams=json.dumps(value))
    assert found == f"sluice:streams: found {value!r}; allowed: an object, with a name for each"


def test_an_empty_text_is_refused_in_words():
    assert mistakes(streams={"partitionKey": ""}) == [
        "sluice:streams.users.partitionKey: found ''; allowed: a text that is not empty"
    ]
