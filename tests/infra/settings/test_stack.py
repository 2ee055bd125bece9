import pytest

from infra.settings import SettingsError, load


def stack(**imports):
    return load({"aws:region": "eu-north-1", "sluice:imports": imports}, "dev")


@pytest.mark.parametrize(("one", "other"), [("in/", "in/"), ("in/", "in/new/"), ("in/new/", "in/")])
def test_two_imports_of_one_bucket_have_prefixes_beside_each_other(one, other):
    with pytest.raises(SettingsError) as caught:
        stack(items={"bucket": "exports", "prefix": one}, orders={"bucket": "exports", "prefix": other})
    assert str(caught.value).splitlines()[1:] == [
        f"  Pulumi.dev.yaml: sluice:imports.orders.prefix: {other} overlaps {one} of imports.items, which has the same "
        "bucket: files would be imported by both"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"bucket": "exports", "prefix": "items/"}, {"bucket": "exports", "prefix": "orders/"}),
        ({"bucket": "exports", "prefix": "in/"}, {"bucket": "exports", "prefix": "in-new/"}),
        ({"bucket": "exports"}, {"bucket": "others"}),
        ({"bucket": "exports"}, {}),
        ({}, {}),
    ],
)
def test_imports_of_two_buckets_or_beside_each_other_are_taken(one, other):
    assert stack(items=one, orders=other).imports.keys() == {"items", "orders"}


def test_a_bucket_of_several_imports_is_one():
    imports = {
        "one": {"bucket": "exports", "prefix": "a/"},
        "two": {"bucket": "exports", "prefix": "b/"},
        "three": {"bucket": "drops"},
        "four": {},
    }
    assert stack(**imports).buckets == ["drops", "exports"]
