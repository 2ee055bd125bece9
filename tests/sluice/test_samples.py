from decimal import Decimal

import click
import pytest

from sluice import samples
from sluice.samples import counted_item, fitted, keys_of, sample

USER = {"userId": "u-1", "name": "Ann", "email": "ann@example.com"}


def test_numbers_of_samples_are_to_the_digit(tmp_path, monkeypatch):
    (tmp_path / "x.jsonl").write_text('{"id": "a", "n": 0.1}\n')
    monkeypatch.setattr(samples, "EXAMPLES", tmp_path)
    assert sample("x.jsonl") == [{"id": "a", "n": Decimal("0.1")}]


def test_samples_that_are_not_here_say_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "EXAMPLES", tmp_path)
    with pytest.raises(click.ClickException, match="in Sluice's repository: clone it"):
        sample("users.jsonl")


def test_the_keys_of_a_table_are_told_with_their_types_the_partition_key_first():
    description = {
        "AttributeDefinitions": [
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "id", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    }
    assert list(keys_of(description).items()) == [("id", "S"), ("at", "N")]


@pytest.mark.parametrize(
    ("keys", "made"),
    [
        ({"userId": "S"}, {"userId": "u-1"}),
        ({"id": "S", "line": "S"}, {"id": "u-1", "line": "7"}),
        ({"id": "N"}, {"id": 7}),
        ({"id": "B", "at": "N"}, {"id": b"u-1", "at": 7}),
        ({"email": "S"}, {"email": "ann@example.com"}),
    ],
)
def test_a_sample_gets_the_keys_of_the_table(keys, made):
    assert fitted(USER, keys, 7) == {"name": "Ann", "email": "ann@example.com"} | made


def test_items_that_are_counted_have_the_attributes_that_the_report_shows():
    assert counted_item(1, ["Ann", "Bo"], "title", "on") == {"id": "item-1", "title": "Bo", "on": "2026-11-20"}
