from typing import Any

from infra.table import Table
from tests.infra.reading import OPERATIONS, PROTECTED, TAGS, record

KEY: Any = {"partition_key": {"name": "id"}}


def table(**args: Any):
    made: Any = {**KEY, **args}
    graph = record(lambda: Table("users", made))
    return graph.named("users")


def test_a_table_is_on_demand_and_unprotected_by_default():
    made = table()
    assert made.inputs == {
        "attributes": [{"name": "id", "type": "S"}],
        "billingMode": "PAY_PER_REQUEST",
        "deletionProtectionEnabled": False,
        "hashKey": "id",
        "pointInTimeRecovery": {"enabled": False},
    }
    assert "protect" not in made.options
    assert "retain_on_delete" not in made.options


def test_a_protected_table_survives_mistakes():
    made = table(operations=PROTECTED)
    assert made.inputs["deletionProtectionEnabled"] is True
    assert made.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert made.options["protect"] is True
    assert made.options["retain_on_delete"] is True


def test_a_stream_has_both_images():
    made = table(stream=True)
    assert (made.inputs["streamEnabled"], made.inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_both_keys_are_declared_with_their_types():
    made = table(partition_key={"name": "id", "type": "N"}, sort_key={"name": "at"})
    assert (made.inputs["hashKey"], made.inputs["rangeKey"]) == ("id", "at")
    assert made.inputs["attributes"] == [{"name": "id", "type": "N"}, {"name": "at", "type": "S"}]


def test_an_index_holds_whole_items_by_keys_of_its_own():
    made = table(index={"name": "ended", "partition_key": "status", "sort_key": "at"})
    assert made.inputs["attributes"] == [{"name": name, "type": "S"} for name in ("id", "status", "at")]
    assert made.inputs["globalSecondaryIndexes"] == [
        {"name": "ended", "hashKey": "status", "rangeKey": "at", "projectionType": "ALL"}
    ]
    assert made.options["replacement_trigger"] == "id:S"


def test_another_type_of_a_key_is_another_table():
    """The provider plans no change of a table for it; the engine replaces what has another trigger."""
    assert table().options["replacement_trigger"] == "id:S"
    number: Any = {"name": "id", "type": "N"}
    assert table(partition_key=number).options["replacement_trigger"] == "id:N"
    both = table(partition_key=number, sort_key={"name": "at"})
    assert both.options["replacement_trigger"] == "id:N at:S"


def test_what_is_no_key_replaces_no_table():
    changed = table(stream=True, expires_by="expires_at", operations=PROTECTED)
    assert changed.options["replacement_trigger"] == table().options["replacement_trigger"]


def test_items_expire_by_the_attribute_that_is_named():
    assert table(expires_by="expires_at").inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_a_table_has_the_name_that_a_team_set():
    assert table(table_name="Users").inputs["name"] == "Users"


def test_a_table_carries_the_tags():
    assert table(operations=OPERATIONS).inputs["tags"] == TAGS


def test_a_table_tells_others_its_name_and_arn():
    graph = record(lambda: Table("users", KEY))
    (component,) = graph.of_type("sluice:index:Table")
    assert component.outputs == {"name": "users", "arn": graph.named("users").outputs["arn"]}
