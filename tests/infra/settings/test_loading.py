import json
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from handlers.shared.recipients import OnlyTo, deliverable
from infra.import_defaults import IGNORE
from infra.import_pipeline import ImportPipelineArgs
from infra.scheduled_reporter import ScheduledReporterArgs
from infra.settings import SettingsError, load, load_stack
from sluice import yaml_files
from sluice.cloud.program.execution import ROOT, configuration, stacks
from tests.infra.reading import record

REQUIRED: dict[str, Any] = {
    "aws:region": "eu-north-1",
    "sluice:mail": {"sender": "no-reply@example.com"},
    "sluice:reports": {
        "tables": {
            "groups": [{"name": "RA", "prefix": "RA_", "label": "Augmented Reality"}],
            "recipients": ["team@example.com"],
        }
    },
}
SECTIONS = {"mail", "streams", "imports", "reports", "operations"}
ONLY = {"streams": "users", "imports": "items", "reports": "tables"}
"""Section -> the name of its only pipeline here."""
FIELDS = [
    *(
        "sender",
        "domain",
        "createIdentity",
        "enabled",
        "onlyTo",
        "tableName",
        "partitionKey",
        "watch",
        "archive",
        "sortKey",
        "columns",
    ),
    *("chunkMiB", "groups", "every", "recipients", "alarmEmails", "logRetentionDays", "protect", "owner", "name"),
    *("prefix", "label", "maximumRetryAttempts"),
]


def settings(stack="dev", pipelines=None, **sections):
    """The settings of a valid stack in which some sections have these fields besides, or are something else.

    Fields of streams, imports and reports are those of the only pipeline of each kind.
    """
    config = {
        **REQUIRED,
        **{f"sluice:{section}": _with_required(section, value) for section, value in sections.items()},
    }
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return load(texts, stack, pipelines)


def _with_required(section, value):
    known, name = REQUIRED.get(f"sluice:{section}", {}), ONLY.get(section)
    if not isinstance(value, dict):
        return value
    return {name: {**known.get(name, {}), **value}} if name else {**known, **value}


def mistakes(stack="dev", **sections):
    """What is reported, a line each."""
    with pytest.raises(SettingsError) as caught:
        settings(stack, **sections)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith(f"the settings of stack {stack} have ")
    return [line.strip().removeprefix(f"Pulumi.{stack}.yaml: ") for line in lines]


def test_a_sender_and_what_a_report_counts_for_whom_are_enough():
    assert settings(streams={}, imports={}).model_dump(by_alias=True) == {
        "environment": "dev",
        "region": "eu-north-1",
        "mail": {
            "sender": "no-reply@example.com",
            "fromName": "",
            "replyTo": None,
            "domain": None,
            "createIdentity": True,
            "hostedZone": "",
            "enabled": True,
            "templates": "infra/templates",
            "onlyTo": [],
        },
        "streams": {
            "users": {
                "tableName": None,
                "partitionKey": "userId",
                "sortKey": None,
                "tables": [],
                "archive": ["INSERT", "REMOVE"],
                "addressAttribute": "email",
                "nameAttribute": "name",
                "mails": [],
                "maximumRetryAttempts": 10,
                "maximumRecordAgeSeconds": 21_600,
                "batchSize": 100,
                "batchWindowSeconds": 0,
                "parallelizationFactor": 1,
                "memoryMiB": None,
                "timeoutSeconds": None,
            }
        },
        "imports": {
            "items": {
                "table": None,
                "bucket": None,
                "prefix": "incoming/",
                "partitionKey": "id",
                "sortKey": None,
                "columns": {},
                "set": {},
                "ordered": False,
                "chunkMiB": 32,
                "timeoutSeconds": 120,
                "maximumConcurrency": 10,
                "writeUnitsPerSecond": 0,
                "warmWriteUnits": 0,
                "gzipLimitMiB": 102_400,
                "transform": None,
                "format": {
                    "type": "auto",
                    "delimiter": None,
                    "header": [],
                    "quote": '"',
                    "escape": None,
                    "nulls": [],
                    "encoding": "utf-8",
                    "skipLines": 0,
                    "compression": "auto",
                    "wrapper": None,
                    "booleans": {},
                },
                "ignore": list(IGNORE),
            }
        },
        "reports": {
            "tables": {
                "groups": [{"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "expect": None}],
                "every": "rate(5 minutes)",
                "mail": "always",
                "recipients": ["team@example.com"],
                "nameAttribute": "name",
                "dateAttribute": "date",
                "readUnits": 20_000,
                "itemsPerTable": 200,
                "historyDays": 400,
                "kmsKeys": [],
            }
        },
        "operations": {
            "alarms": "all",
            "alarmEmails": [],
            "runbookUrl": "",
            "logRetentionDays": 30,
            "protect": False,
            "tracing": False,
            "owner": "unowned",
        },
    }


@pytest.mark.parametrize(
    ("args", "component"),
    [
        (settings(imports={}).imports["items"].args(), ImportPipelineArgs),
        (settings().reports["tables"].args("dev"), ScheduledReporterArgs),
    ],
)
def test_settings_have_the_names_of_their_components_arguments(args, component):
    assert args.keys() <= component.__annotations__.keys()


@pytest.mark.parametrize(
    ("imports", "keys"),
    [
        ({}, ({"name": "id", "type": "S"}, None)),
        ({"partitionKey": "sku", "columns": {"sku": "N"}}, ({"name": "sku", "type": "N"}, None)),
        ({"sortKey": "at", "columns": {"at": "N"}}, ({"name": "id", "type": "S"}, {"name": "at", "type": "N"})),
        (
            {"partitionKey": "orderId", "columns": {"Order No": {"as": "orderId", "type": "N"}}},
            ({"name": "orderId", "type": "N"}, None),
        ),
        ({"sortKey": "at", "columns": {"at": "S"}}, ({"name": "id", "type": "S"}, {"name": "at", "type": "S"})),
    ],
)
def test_keys_have_the_types_of_their_columns(imports, keys):
    args = settings(imports=imports).imports["items"].args()
    assert (args["partition_key"], args.get("sort_key")) == keys


@pytest.mark.parametrize(("stack", "suffix"), [("local", ""), ("prod", ""), ("dev", "_dev")])
def test_totals_tables_have_the_environment_where_others_may_be(stack, suffix):
    groups = settings().reports["tables"].args(stack)["groups"]
    assert [group.get("totals_table_name") for group in groups] == [f"RA_totales{suffix}"]


def test_what_a_report_counts_for_whom_has_no_default():
    with pytest.raises(SettingsError) as caught:
        load({"aws:region": "eu-north-1", "sluice:reports": {"tables": {}}}, "dev")
    assert "sluice:reports.tables.groups: missing; it has no default" in str(caught.value)
    recipients = "sluice:reports.tables.recipients: found []; allowed: at least one address, unless mail is never"
    assert recipients in str(caught.value)


@pytest.mark.parametrize("mail", [{}, {"sluice:mail": {}}], ids=["absent", "Pulumi.yaml's default"])
def test_who_mails_are_from_is_asked_for_where_something_is_mailed(mail):
    streams = {"users": {"mails": [{"template": "welcome", "events": ["INSERT"]}]}, "orders": {}}
    with pytest.raises(SettingsError) as caught:
        load({"aws:region": "eu-north-1", **mail, "sluice:streams": streams}, "dev")
    assert str(caught.value).splitlines()[1:] == [
        "  Pulumi.dev.yaml: sluice:mail.sender: missing; it is who mails of streams.users are from"
    ]


@pytest.mark.parametrize("mail", [{}, {"sluice:mail": {}}], ids=["absent", "Pulumi.yaml's default"])
def test_a_stack_that_mails_nothing_needs_no_sender(mail):
    made = load({"aws:region": "eu-north-1", **mail, "sluice:imports": {"items": {}}}, "dev")
    assert (made.mail, made.streams, made.reports) == (None, {}, {})


@pytest.mark.parametrize("name", ["", "Users", "a_b", "x" * 17])
def test_a_pipeline_s_name_fits_into_those_of_its_resources(name):
    with pytest.raises(SettingsError) as caught:
        load({"aws:region": "eu-north-1", "sluice:streams": {name: {}}}, "dev")
    assert str(caught.value).splitlines()[1:] == [
        f"  Pulumi.dev.yaml: sluice:streams.{name}: found {name!r}; allowed: a name of 1 to 16 of a-z 0-9 -"
    ]


def test_groups_of_two_reports_do_not_overlap():
    groups = [{"name": "X", "prefix": "RA_new_", "label": "x"}]
    more = {"tables": REQUIRED["sluice:reports"]["tables"], "more": {"groups": groups, "recipients": ["a@example.com"]}}
    with pytest.raises(
        SettingsError, match=r"sluice:reports\.more\.groups: its prefix RA_new_ overlaps RA_ of reports"
    ):
        load({**REQUIRED, "sluice:reports": more}, "dev")


# ---- two files


PIPELINES: dict[str, Any] = {
    "streams": {"users": {"partitionKey": "userId", "archive": ["INSERT"]}},
    "imports": {"items": {"columns": {"price": "N", "paid": "BOOL"}, "chunkMiB": 8}},
}


def test_the_stack_file_lies_over_the_pipelines_key_by_key():
    own = {"imports": {"items": {"columns": {"price": "S"}, "ordered": True}, "orders": {}}}
    made = load({**REQUIRED, **{f"sluice:{section}": value for section, value in own.items()}}, "dev", PIPELINES)
    assert made.imports.keys() == {"items", "orders"}
    items = made.imports["items"]
    types = {name: column.type for name, column in items.columns.items()}
    assert (types, items.chunk_mib, items.ordered) == ({"price": "S", "paid": "BOOL"}, 8, True)
    assert made.streams["users"].archive == ["INSERT"]


def test_a_list_is_replaced_as_a_whole():
    made = load({**REQUIRED, "sluice:streams": {"users": {"archive": ["REMOVE"]}}}, "dev", PIPELINES)
    assert made.streams["users"].archive == ["REMOVE"]


def test_null_removes_a_setting_and_a_pipeline():
    own = {"sluice:imports": {"items": {"chunkMiB": None}}, "sluice:streams": {"users": None}}
    made = load({**REQUIRED, **own}, "dev", PIPELINES)
    assert made.streams == {}
    assert made.imports["items"].chunk_mib == 32


def test_null_removes_a_whole_section():
    assert load({**REQUIRED, "sluice:streams": "null"}, "dev", PIPELINES).streams == {}


def test_a_mistake_is_named_with_the_file_that_has_it():
    pipelines = {"streams": {"users": {"archive": ["UPSERT"]}}, "imports": {"items": {"chunkMiB": 0}}, "tables": {}}
    own = {"sluice:imports": {"items": {"timeoutSeconds": 1}}}
    with pytest.raises(SettingsError) as caught:
        load({**REQUIRED, **own}, "dev", pipelines)
    assert [line.strip().partition(": found")[0] for line in str(caught.value).splitlines()[1:]] == [
        "pipelines.yaml: tables: unknown; allowed: mail, streams, imports, reports, operations",
        "pipelines.yaml: streams.users.archive[0]",
        "pipelines.yaml: imports.items.chunkMiB",
        "Pulumi.dev.yaml: sluice:imports.items.timeoutSeconds",
    ]


# ---- settings of 0.1


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            {"sluice:stream": {"tableName": "Users"}},
            "sluice:stream: is streams: {users: {...}}, a name for each",
        ),
        ({"sluice:imports": {"columns": {"a": "N"}}}, "sluice:imports.columns: is written imports: {items: {columns: "),
        ({"sluice:reports": {"every": "rate(1 hour)"}}, "sluice:reports.every: is written reports: {tables: {every: "),
        ({"sluice:streams": {"users": {"watch": ["a"]}}}, "sluice:streams.users.watch: is written mails: [{template: "),
    ],
)
def test_a_setting_of_the_first_version_is_told_what_it_is_called_now(own, said):
    with pytest.raises(SettingsError) as caught:
        load({**REQUIRED, **own}, "dev")
    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  Pulumi.dev.yaml: {said}")


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


UNUSABLE = [".team@example.com", "a..b@example.com", "a.@example.com", "=?utf-8?q?x?=@example.com", "a@x-.example"]


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_that_the_functions_refuse_is_refused(address):
    expected = f"found {address!r}; allowed: an e-mail address such as team@example.com"
    assert mistakes(
        mail={"sender": address, "onlyTo": [address]},
        reports={"recipients": [address]},
        operations={"alarmEmails": [address]},
    ) == [
        f"sluice:mail.sender: {expected}",
        f"sluice:mail.onlyTo[0]: found {address!r}; allowed: an e-mail address or a domain",
        f"sluice:reports.tables.recipients[0]: {expected}",
        f"sluice:operations.alarmEmails[0]: {expected}",
    ]


@given(st.text(alphabet="aé.@-=?_ ", max_size=20))
def test_whatever_address_the_settings_take_the_functions_take(address):
    try:
        taken = settings(mail={"onlyTo": [address]}, reports={"recipients": [address]})
    except SettingsError:
        return
    assert OnlyTo(taken.mail.only_to).allows(deliverable(taken.reports["tables"].recipients[0]))


def test_a_domain_outside_ascii_is_the_one_that_mail_goes_to():
    assert settings(mail={"onlyTo": ["bücher.example"]}).mail.only_to == ["xn--bcher-kva.example"]


@pytest.mark.parametrize("domain", ["x-.example", "example", "exa_mple.com", "straße.example"])
def test_a_domain_that_the_functions_refuse_is_refused(domain):
    (found,) = mistakes(mail={"onlyTo": [domain]})
    assert found == f"sluice:mail.onlyTo[0]: found {domain!r}; allowed: an e-mail address or a domain"


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


def test_keys_of_others_are_left_alone():
    assert load({**REQUIRED, "aws:profile": "dev", "other:mail": "x"}, "dev") == settings()


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


@pytest.mark.parametrize(
    ("one", "other"), [("RA_", "RA_"), ("RA", "RA_"), ("RA_", "RA"), ("RA_", "RA_2024_")], ids=" ".join
)
def test_groups_whose_prefixes_overlap_are_refused(one, other):
    groups = [{"name": "A", "prefix": one, "label": "a"}, {"name": "B", "prefix": other, "label": "b"}]
    (found,) = mistakes(reports={"groups": groups})
    assert found.startswith("sluice:reports.tables.groups: found ")
    assert found.endswith(f"tables of {one} and {other} would count twice")


@pytest.mark.parametrize("other", ["A", "a"])
def test_groups_of_one_name_are_refused(other):
    groups = [{"name": "A", "prefix": "X_", "label": "a"}, {"name": other, "prefix": "Y_", "label": "b"}]
    (found,) = mistakes(reports={"groups": groups})
    assert found.endswith("allowed: another name than A for one of two groups")


def test_a_sender_outside_the_domain_is_refused():
    assert mistakes(mail={"domain": "example.org"}) == [
        "sluice:mail.domain: found 'example.org'; allowed: the domain of the sender no-reply@example.com, or none"
    ]


def test_the_domain_of_the_sender_is_compared_as_dns_does():
    assert settings(mail={"domain": "Example.COM"}).mail.domain == "Example.COM"


def test_one_attribute_cannot_be_both_keys():
    assert mistakes(imports={"partitionKey": "sku", "sortKey": "sku"}) == [
        "sluice:imports.items.sortKey: found 'sku'; allowed: an attribute other than partitionKey"
    ]


@pytest.mark.parametrize(
    "imports",
    [
        {"writeUnitsPerSecond": 0},
        {"writeUnitsPerSecond": 10},
        {"writeUnitsPerSecond": 2, "maximumConcurrency": 2},
        {"writeUnitsPerSecond": 1_000_000},
    ],
)
def test_a_limit_of_write_units_is_none_or_a_unit_for_each_worker(imports):
    assert settings(imports=imports).imports["items"].write_units_per_second == imports["writeUnitsPerSecond"]


@pytest.mark.parametrize(
    ("imports", "workers"),
    [({"writeUnitsPerSecond": 9}, 10), ({"writeUnitsPerSecond": 100, "maximumConcurrency": 101}, 101)],
)
def test_a_limit_that_the_workers_cannot_share_is_refused(imports, workers):
    assert mistakes(imports=imports) == [
        f"sluice:imports.items.writeUnitsPerSecond: found {imports['writeUnitsPerSecond']}; "
        f"allowed: 0 for no limit, or at least maximumConcurrency ({workers}): each worker uses at least one unit"
    ]


def test_a_negative_limit_is_refused():
    assert mistakes(imports={"writeUnitsPerSecond": -1}) == [
        "sluice:imports.items.writeUnitsPerSecond: found -1; allowed: greater than or equal to 0"
    ]


def test_a_format_is_an_argument_with_what_is_said_of_it():
    said = {"type": "csv", "delimiter": ";", "skipLines": 1, "quote": "none", "booleans": {"ja": True, "nein": False}}
    assert settings(imports={"format": said}).imports["items"].args().get("format") == {
        "type": "csv",
        "delimiter": ";",
        "skip_lines": 1,
        "quote": "none",
        "booleans": {"ja": True, "nein": False},
    }
    assert settings(imports={}).imports["items"].args().get("format") == {}


@pytest.mark.parametrize(
    ("format_", "mistake"),
    [
        ({"type": "xml"}, "type: found 'xml'; allowed: 'auto', 'csv', 'tsv', 'json', 'jsonl' or 'dynamodb'"),
        ({"delimiter": ";;"}, "delimiter: found ';;'; allowed: one character, and no line end"),
        ({"delimiter": ""}, "delimiter: found ''; allowed: one character, and no line end"),
        ({"quote": "single"}, "quote: found 'single'; allowed: one character and no line end, or none"),
        (
            {"encoding": "klingon"},
            "encoding: found 'klingon'; allowed: a text encoding that Python knows, such as utf-8, utf-16, cp1252 or "
            "latin-1",
        ),
        ({"compression": "bz2"}, "compression: found 'bz2'; allowed: 'auto', 'none', 'gzip' or 'zstd'"),
        ({"skipLines": -1}, "skipLines: found -1; allowed: greater than or equal to 0"),
        ({"booleans": {"ja": "yes"}}, "booleans.ja: found 'yes'; allowed: a valid boolean"),
        (
            {"quotes": "none"},
            "quotes: unknown; allowed: type, delimiter, header, quote, escape, nulls, encoding, skipLines, "
            "compression, wrapper, booleans",
        ),
    ],
)
def test_what_a_format_cannot_be_is_named_with_its_key(format_, mistake):
    assert mistakes(imports={"format": format_}) == [f"sluice:imports.items.format.{mistake}"]


def test_a_format_that_contradicts_itself_is_refused():
    assert mistakes(imports={"format": {"type": "jsonl", "escape": '"', "nulls": ["NULL"]}}) == [
        "sluice:imports.items.format: found {'type': 'jsonl', 'escape': '\"', 'nulls': ['NULL']}; allowed: a format "
        "that files can have: escape is of CSV files alone, type is jsonl; nulls is of CSV files alone, type is jsonl"
    ]


def test_a_header_without_the_keys_of_the_table_is_refused_where_no_transform_brings_them():
    imports = {"sortKey": "at", "format": {"header": ["id", "n"]}}
    (found,) = mistakes(imports=imports)
    assert found.endswith("allowed: a header with at, the table's key")
    assert settings(imports={**imports, "transform": "package.module:function"}).imports["items"].format.header == [
        "id",
        "n",
    ]
    assert settings(imports={"format": {"header": [" id ", "n"]}})


def test_a_key_cannot_be_a_boolean():
    (found,) = mistakes(imports={"partitionKey": "sku", "sortKey": "day", "columns": {"day": "BOOL", "sku": "N"}})
    assert found.endswith("allowed: S or N for day, which the table has as key")


@pytest.mark.parametrize("every", ["rate(1 minute)", "rate(5 minutes)", "rate(2 hours)", "cron(0 8 * * ? *)"])
def test_a_schedule_that_eventbridge_takes_is_taken(every):
    assert settings(reports={"every": every}).reports["tables"].every == every


@pytest.mark.parametrize("every", ["cron(0 8 L * ? *)", "cron(0 8 ? * 6#1 *)", "cron(0 8 15W * ? *)"])
def test_the_last_the_first_and_the_nearest_day_are_taken(every):
    assert settings(reports={"every": every}).reports["tables"].every == every


@pytest.mark.parametrize(
    "every",
    [
        *("rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "cron(0 8 * * ?)", "5m"),
        *("cron(61 8 * * ? *)", "cron(0 25 * * ? *)", "cron(0 8 * * * *)", "cron(0 8 ? * ? *)", "cron(0 8 30 2 ? *)"),
        "rate(99999999999999 days)",
    ],
)
def test_a_schedule_that_eventbridge_refuses_is_refused(every):
    (found,) = mistakes(reports={"every": every})
    assert found.startswith(f"sluice:reports.tables.every: found {every!r}")


@pytest.mark.parametrize("region", ["eu-north-1", "us-gov-west-1", "ap-southeast-2"])
def test_a_region_is_taken_as_it_is(region):
    assert load({**REQUIRED, "aws:region": region}, "dev").region == region


def test_a_region_that_is_none_is_refused_with_the_nearest_that_is_one():
    with pytest.raises(SettingsError, match=r"aws:region: found 'eu-wst-1'; allowed: an AWS region such as eu-west-1$"):
        load({**REQUIRED, "aws:region": "eu-wst-1"}, "dev")


def test_a_region_that_is_not_set_is_missing():
    with pytest.raises(SettingsError, match=r"aws:region: missing; it has no default"):
        load({key: value for key, value in REQUIRED.items() if key != "aws:region"}, "dev")


def test_an_empty_text_is_refused_in_words():
    assert mistakes(streams={"partitionKey": ""}) == [
        "sluice:streams.users.partitionKey: found ''; allowed: a text that is not empty"
    ]


@pytest.mark.parametrize("region", ["", "Frankfurt", "eu-north", "eu-north-9", "EU-NORTH-1"])
def test_what_is_no_region_is_refused(region):
    with pytest.raises(SettingsError, match=f"aws:region: found '{region}'; allowed: an AWS region"):
        load({**REQUIRED, "aws:region": region}, "dev")


garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["INSERT", "a@example.com"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)


def refusal(config, stack="dev"):
    """What is said of a configuration, or nothing if it is taken; any other error fails the test."""
    try:
        load(config, stack)
    except SettingsError as error:
        return str(error)
    return None


@examples(deadline=None)
@given(section=st.sampled_from(sorted(SECTIONS)) | st.text(min_size=1), value=garbage, as_text=st.booleans())
def test_whatever_stands_under_a_key_is_taken_or_refused_with_the_key(section, value, as_text):
    config = {**REQUIRED, f"sluice:{section}": json.dumps(value) if as_text else value}
    found = refusal(config)
    assert found is None or f": sluice:{section}" in found


@examples(deadline=None)
@given(field=st.sampled_from(FIELDS), section=st.sampled_from(sorted(SECTIONS)), value=garbage)
def test_whatever_stands_in_a_field_is_taken_or_refused_with_the_field(field, section, value):
    config = {**REQUIRED, f"sluice:{section}": {**REQUIRED.get(f"sluice:{section}", {}), field: value}}
    found = refusal(config)
    assert found is None or f": sluice:{section}.{field}" in found


@examples(deadline=None)
@given(stack=st.text(), region=garbage)
def test_whatever_stack_and_region_are_they_are_taken_or_refused(stack, region):
    found = refusal({**REQUIRED, "aws:region": region}, stack)
    assert found is None or "  environment: " in found or ": aws:region: " in found


@pytest.mark.parametrize("stack", stacks())
def test_the_stack_files_are_valid(stack):
    assert load(configuration(stack), stack, yaml_files.read(ROOT / "pipelines.yaml")).environment == stack


def test_the_stacks_of_the_design_are_there():
    assert stacks() == ["dev", "local", "prod", "staging"]


def test_production_is_protected_and_traced_and_development_is_not():
    pipelines = yaml_files.read(ROOT / "pipelines.yaml")
    prod, dev = (load(configuration(stack), stack, pipelines).operations for stack in ("prod", "dev"))
    assert (prod.protect, prod.tracing, prod.log_retention_days) == (True, True, 365)
    assert (dev.protect, dev.tracing, dev.log_retention_days) == (False, False, 7)


def test_pulumi_is_told_of_the_mistakes_without_a_traceback():
    def build():
        with pytest.raises(pulumi.RunError, match=r"aws:region: missing"):
            load_stack(ROOT)

    record(build)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[", "pipelines.yaml is no YAML"), ("- a", "pipelines.yaml is not an object"), ("a: {}\na: {}", "is in line 1")],
)
def test_a_file_of_pipelines_that_cannot_be_read_is_named(tmp_path, text, said):
    (tmp_path / "pipelines.yaml").write_text(text)

    def build():
        with pytest.raises(pulumi.RunError, match=said):
            load_stack(tmp_path)

    record(build)


def test_a_key_is_named_by_its_arn():
    key = "arn:aws:kms:eu-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    assert settings(reports={"kmsKeys": [key]}).reports["tables"].kms_keys == [key]


@pytest.mark.parametrize(
    "key",
    [
        "arn:aws:kms:eu-north-1:111122223333:alias/tables",
        "arn:aws:kms:eu-north-1:111122223333:key/*",
        "arn:aws:kms:*:111122223333:key/1",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "*",
    ],
)
def test_what_is_no_arn_of_a_key_is_refused(key):
    (found,) = mistakes(reports={"kmsKeys": [key]})
    assert found.startswith(f"sluice:reports.tables.kmsKeys[0]: found {key!r}; allowed: the ARN of a KMS key")
