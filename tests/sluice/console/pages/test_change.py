"""What a change did, attribute by attribute."""

from sluice.console.pages.change import Difference, differences


def test_each_attribute_is_added_removed_changed_or_the_same():
    old = {"id": {"S": "1"}, "gone": {"S": "x"}, "name": {"S": "Ada"}, "tags": {"SS": ["a", "b"]}}
    new = {"id": {"S": "1"}, "name": {"S": "Augusta"}, "tags": {"SS": ["b", "a"]}, "score": {"N": "1"}}
    assert differences({"OldImage": old, "NewImage": new}) == [
        Difference("name", "changed", "Ada", "Augusta"),
        Difference("score", "added", "", "1"),
        Difference("gone", "removed", "x", ""),
        Difference("id", "same", "1", "1"),
        Difference("tags", "same", '["a", "b"]', '["b", "a"]'),
    ]


def test_another_type_is_a_change():
    assert differences({"OldImage": {"n": {"S": "1"}}, "NewImage": {"n": {"N": "1"}}}) == [
        Difference("n", "changed", "1", "1")
    ]


def test_a_record_without_images_has_none():
    assert differences({}) == []


def test_a_long_value_is_cut_and_says_so():
    ((_, _, _, after),) = differences({"NewImage": {"n": {"S": "x" * 5000}}})
    assert after == "x" * 2000 + "… and 3,000 more characters"
