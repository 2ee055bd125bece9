import json

import pytest

from policies.rules import violations
from sluice.cloud.program.execution import ProgramError, configuration, run
from sluice.cloud.program.recording import Recorder
from tests.infra.reading import statements
from tests.policies.recording import neutral

ORDERS = {
    "hashKey": "orderId",
    "rangeKey": "line",
    "attributes": [{"name": "orderId", "type": "S"}, {"name": "line", "type": "N"}, {"name": "other", "type": "B"}],
}


def graph(stack, tables=None, **sections):
    config = configuration(stack)
    config.update({f"sluice:{section}": json.dumps(value) for section, value in sections.items()})
    recorder = Recorder("eu-north-1", tables=tables)
    run(stack, recorder, config=config)
    return recorder.graph


def made_tables(found):
    return {made.inputs.get("name") for made in found.of_type("aws:dynamodb/table:Table")}


# ---- streams


def test_in_aws_a_stream_follows_tables_that_are_looked_up():
    found = graph("dev", streams={"users": {"tables": ["Orders", "Returns"], "partitionKey": None}})
    assert not made_tables(found) & {"Orders", "Returns"}
    arns = [
        found.named(f"sluice-dev-stream-users-archiver-mapping-{table}").inputs["eventSourceArn"]
        for table in ("Orders", "Returns")
    ]
    assert [arn.split("/")[1] for arn in arns] == ["Orders", "Returns"]


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_on_tables_that_exist_the_notifier_begins_with_the_next_change_and_the_archiver_with_the_oldest(stack):
    found = graph(stack, streams={"users": {"tables": ["Orders"], "batchSize": 7, "memoryMiB": 512}})
    begins = {
        consumer: found.named(f"sluice-{stack}-stream-users-{consumer}-mapping-Orders").inputs
        for consumer in ("archiver", "notifier")
    }
    assert {consumer: its["startingPosition"] for consumer, its in begins.items()} == {
        "archiver": "TRIM_HORIZON",
        "notifier": "LATEST",
    }
    assert {its["batchSize"] for its in begins.values()} == {7}
    functions = [found.named(f"sluice-{stack}-stream-users-{consumer}").inputs for consumer in begins]
    assert [(its["memorySize"], its["timeout"]) for its in functions] == [(512, 60), (512, 300)]


def test_locally_the_tables_of_a_stream_are_made_as_the_settings_say():
    found = graph("local", streams={"users": {"tables": ["Orders"], "partitionKey": "orderId", "sortKey": "line"}})
    made = found.named("sluice-local-existing-Orders").inputs
    assert (made["name"], made["hashKey"], made["rangeKey"]) == ("Orders", "orderId", "line")
    assert (made["streamEnabled"], made["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {"streamEnabled": False, "streamViewType": ""},
            "the table Orders has no stream, but its changes are needed",
        ),
        (
            {"streamViewType": "KEYS_ONLY"},
            "the table Orders has a stream of KEYS_ONLY, but .* off first: its view cannot",
        ),
    ],
)
def test_a_table_without_a_stream_of_both_images_is_refused_with_the_command_that_mends_it(table, said):
    with pytest.raises(ProgramError, match=said) as refusal:
        graph("dev", {"Orders": table}, streams={"users": {"tables": ["Orders"]}})
    assert "aws dynamodb update-table --table-name Orders --stream-specification" in str(refusal.value)


# ---- imports


def variables(found, stack):
    return found.named(f"sluice-{stack}-import-items-importer").inputs["environment"]["variables"]


def test_an_import_into_a_table_takes_its_keys():
    found = graph("dev", {"Orders": ORDERS}, imports={"items": {"table": "Orders", "partitionKey": None}})
    told = variables(found, "dev")
    assert (told["IMPORT_TABLE"], told["IMPORT_PARTITION_KEY"], told["IMPORT_SORT_KEY"]) == (
        "Orders",
        "orderId",
        "line",
    )
    assert "Orders" not in made_tables(found)


def test_an_import_may_say_which_keys_it_means():
    items = {"table": "Orders", "partitionKey": "orderId", "sortKey": "line", "columns": {"line": "N"}}
    assert variables(graph("dev", {"Orders": ORDERS}, imports={"items": items}), "dev")["IMPORT_SORT_KEY"] == "line"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"partitionKey": "id"}, r"has the key orderId \(S\), line \(N\), and the settings say id \(S\)"),
        ({"partitionKey": "orderId", "sortKey": "line"}, r"and the settings say orderId \(S\), line \(S\): mend"),
    ],
)
def test_other_keys_than_those_of_the_table_are_refused(keys, said):
    with pytest.raises(ProgramError, match=said):
        graph("dev", {"Orders": ORDERS}, imports={"items": {"table": "Orders", **keys}})


def test_a_preview_without_an_account_takes_what_the_settings_say():
    items = {"table": "Orders", "partitionKey": "orderId"}
    assert variables(graph("dev", imports={"items": items}), "dev")["IMPORT_PARTITION_KEY"] == "orderId"


def test_locally_a_table_that_is_followed_and_imported_into_is_made_once():
    found = graph(
        "local",
        streams={"users": {"tables": ["Orders"], "partitionKey": "orderId"}},
        imports={"items": {"table": "Orders", "partitionKey": None, "columns": None}},
    )
    assert len([made for made in found.of_type("aws:dynamodb/table:Table") if made.inputs.get("name") == "Orders"]) == 1
    assert variables(found, "local")["IMPORT_PARTITION_KEY"] == "orderId"


# ---- keys of KMS

KEY = "arn:aws:kms:eu-north-1:123456789012:key/1"
ENCRYPTED = {"serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY}}
DECRYPT = {
    "Effect": "Allow",
    "Action": ["kms:Decrypt"],
    "Resource": [KEY],
    "Condition": {"StringEquals": {"kms:ViaService": "dynamodb.eu-north-1.amazonaws.com"}},
}
READERS_AND_WRITERS = ["stream-users-archiver", "stream-users-notifier", "import-items-importer"]


def decrypts(tables):
    """What each function that reads or writes tables of the team may decrypt, in a stack that keeps all rules."""
    found = graph(
        "dev",
        tables,
        streams={"users": {"tables": ["Orders", "Returns"], "partitionKey": None}},
        imports={"items": {"table": "Orders", "partitionKey": None, "columns": None}},
    )
    assert list(violations(neutral(found, "dev"))) == []
    policies = (statements(found.named(f"sluice-dev-{name}-policy")) for name in READERS_AND_WRITERS)
    return [policy.get("DecryptTables") for policy in policies]


def test_who_reads_or_writes_a_table_under_a_key_may_decrypt_with_it_through_dynamodb_only():
    assert decrypts({"Orders": {**ORDERS, **ENCRYPTED}, "Returns": ENCRYPTED}) == [DECRYPT, DECRYPT, DECRYPT]


def test_each_function_has_the_keys_of_its_own_tables():
    assert decrypts({"Orders": ORDERS, "Returns": ENCRYPTED}) == [DECRYPT, DECRYPT, None]


def test_a_table_under_dynamodb_s_own_key_needs_none():
    off = {"serverSideEncryption": {"enabled": False, "kmsKeyArn": ""}}
    assert decrypts({"Orders": {**ORDERS, **off}, "Returns": off}) == [None, None, None]
