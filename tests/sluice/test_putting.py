from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from sluice import putting
from sluice.pipelines import Pipeline
from sluice.putting import Wrong, parsed, put_items, put_tables, put_users, trail_of
from sluice.target import Target

OUTPUTS = {
    "streams": {"users": {"tables": [{"name": "Users"}, {"name": "Sales"}]}},
    "reports": {"tables": {"function_name": "reporter", "prefixes": {"RA": "RA_", "VR": "VR_"}}},
    "region": "us-east-1",
}


class FakeLambda:
    def get_function_configuration(self, **_):
        return {"Environment": {"Variables": {"REPORT_NAME_ATTRIBUTE": "title", "REPORT_DATE_ATTRIBUTE": "on"}}}


@pytest.fixture
def dynamodb():
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for name, keys in {"Users": [("userId", "S")], "Sales": [("id", "N"), ("at", "S")]}.items():
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for (key, _), kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        yield client


@pytest.fixture
def pipeline(dynamodb, monkeypatch):
    def pipeline(section):
        target = Target(OUTPUTS)
        monkeypatch.setattr(target, "client", {"dynamodb": dynamodb, "lambda": FakeLambda()}.__getitem__)
        return Pipeline(target, section, next(iter(OUTPUTS[section])))

    return pipeline


def held(name):
    return boto3.resource("dynamodb", region_name="us-east-1").Table(name).scan()["Items"]


# ---- given items


@pytest.mark.parametrize(
    "text",
    ['[{"id": 1}, {"id": 0.1}]', '{"id": 1}\n\n{"id": 0.1}\n', '[\n{"id": 1},\n{"id": 0.1}]'],
    ids=["array", "lines", "array of lines"],
)
def test_items_are_given_as_an_array_or_as_lines(text):
    assert parsed(text) == [{"id": 1}, {"id": Decimal("0.1")}]


def test_one_object_is_one_item_however_it_is_laid_out():
    assert parsed('{\n  "id": 1\n}\n') == [{"id": 1}]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "Expecting value"), ('{"id": 1', "delimiter"), ('{"id": 1}\n{"id" 2}', r"line 2: Expecting ':'")],
)
def test_what_is_no_json_is_told_with_its_line(text, said):
    with pytest.raises(ValueError, match=said):
        parsed(text)


def test_an_item_that_the_table_refuses_stops_no_other(pipeline):
    given = [{"userId": "a", "n": Decimal("1.5")}, 3, {"name": "no key"}, {"userId": "b"}]
    written, wrong = put_items(pipeline("streams"), given)
    assert written == 2
    assert wrong[0] == Wrong(2, "expected an object, found 3")
    assert (wrong[1].number, "Missing the key userId" in wrong[1].reason) == (3, True)
    assert held("Users") == [{"userId": "a", "n": Decimal("1.5")}, {"userId": "b"}]


# ---- samples


def test_each_table_of_a_stream_gets_users_one_of_them_renamed_and_one_gone(pipeline):
    count, skipped = put_users(pipeline("streams"))
    assert (count, skipped) == (
        9,
        ["u-008 (no address)", "u-134 (malformed address)", "u-227 (local part outside ascii)"],
    )
    users = {user["userId"]: user for user in held("Users")}
    assert sorted(users) == ["u-001", "u-003", "u-004", "u-005", "u-006", "u-008", "u-134", "u-227"]
    assert users["u-001"]["name"] == "Rūta Ąžuolaitytė Jr."
    assert sorted((item["id"], item["at"]) for item in held("Sales")) == [
        (number, str(number)) for number in (1, 3, 4, 5, 6, 7, 8, 9)
    ]


def test_each_group_of_a_report_gets_tables_of_its_prefix_and_again_they_are_the_same(pipeline):
    for _ in range(2):
        assert list(put_tables(pipeline("reports"))) == [
            ("RA_headsets", 25), ("RA_lenses", 3), ("RA_prototypes", 0),
            ("VR_headsets", 25), ("VR_lenses", 3), ("VR_prototypes", 0),
        ]  # fmt: skip
        assert len(held("VR_headsets")) == 25
    (newest,) = (item for item in held("RA_lenses") if item["id"] == "item-0")
    assert newest == {"id": "item-0", "title": "Rūta Ąžuolaitytė", "on": "2026-11-21"}


def test_the_trail_of_samples_is_what_was_not_there_before(pipeline, monkeypatch):
    old, fresh, gone = (
        {"event_id": str(number), "event": kind} for number, kind in enumerate(("REMOVE", "INSERT", "REMOVE"))
    )
    looks = iter([[old], [old, fresh], [old, fresh, gone]])
    monkeypatch.setattr(putting, "trail", lambda _: next(looks))
    assert trail_of(pipeline("streams"), [old]) == [fresh, gone]
