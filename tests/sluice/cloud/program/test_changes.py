import pytest
from pulumi import AssetArchive, FileArchive, StringAsset

from sluice.cloud.program.changes import changes, different
from sluice.cloud.program.graph import Graph, Resource


def resource(name, *, custom=True, **inputs):
    return Resource(f"urn:{name}", "aws:s3/bucket:Bucket", name, "", custom, inputs, frozenset(), {})


def graph(*resources):
    made = Graph()
    for each in resources:
        made.add(each)
    return made


def test_what_is_new_has_changed_and_is_gone_is_told_in_this_order():
    before = graph(resource("first"), resource("same", a=1), resource("changed", a=1, b=2), resource("last"))
    after = graph(resource("same", a=1), resource("changed", a=2, c=3), resource("new"))
    found = [(one.resource.name, bool(one.before), bool(one.after), one.inputs) for one in changes(before, after)]
    assert found == [
        ("changed", True, True, {"a", "b", "c"}),
        ("new", False, True, set()),
        ("last", True, False, set()),
        ("first", True, False, set()),
    ]


def test_components_are_left_out():
    assert changes(graph(resource("c", custom=False, a=1)), graph(resource("c", custom=False, a=2))) == []


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"code": FileArchive("a")}, {"code": FileArchive("a")}, set()),
        ({"code": FileArchive("a")}, {"code": FileArchive("b")}, {"code"}),
        (
            {"code": FileArchive("a"), "sourceCodeHash": "1"},
            {"code": FileArchive("a"), "sourceCodeHash": "2"},
            {"code", "sourceCodeHash"},
        ),
        ({"code": FileArchive("a"), "sourceCodeHash": "1"}, {"code": FileArchive("b"), "sourceCodeHash": "1"}, set()),
        (
            {"code": AssetArchive({"x.py": StringAsset("1")})},
            {"code": AssetArchive({"x.py": StringAsset("2")})},
            {"code"},
        ),
        ({"tags": {"a": "b"}}, {"tags": {"a": "c"}}, {"tags"}),
        ({"rules": [1.0]}, {}, {"rules"}),
    ],
)
def test_inputs_differ_by_what_they_are_made_of(before, after, names):
    assert different(before, after) == names
