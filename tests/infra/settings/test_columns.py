import pytest
from pydantic import ValidationError

from infra.settings.columns import ColumnSettings, unchecked_args


def test_a_type_alone_is_the_short_form():
    assert ColumnSettings.model_validate("N") == ColumnSettings.model_validate({"type": "N"})
    assert ColumnSettings.model_validate("BOOL").args() == {"type": "BOOL"}
    assert ColumnSettings.model_validate({"as": "orderId"}).args() == {"type": "S", "attribute": "orderId"}


@pytest.mark.parametrize("column", ["FLOAT", "n", 5, None, ["N"], True])
def test_what_is_no_type_is_told_what_a_column_is(column):
    with pytest.raises(ValidationError, match="'S', 'N' or 'BOOL', or an object of as, type"):
        ColumnSettings.model_validate(column)


@pytest.mark.parametrize("column", [{"as": ""}, {"as": 5}, {"as": "x" * 256}, {"type": "X"}, {"attribute": "x"}])
def test_an_object_has_a_name_and_a_type(column):
    with pytest.raises(ValidationError):
        ColumnSettings.model_validate(column)


def test_editors_get_a_schema_of_both_forms():
    short, long = ColumnSettings.model_json_schema()["anyOf"]
    assert short == {"type": "string", "enum": ["S", "N", "BOOL"]}
    assert long["properties"].keys() == {"as", "type"}


def test_what_is_wrong_in_a_column_hides_nothing_of_the_others():
    assert unchecked_args({"a": {"as": 5, "type": "X"}, "b": "BOOL", "c": {"as": "x"}, 7: "N"}) == {
        "a": {"type": "X", "attribute": None},
        "b": {"type": "BOOL", "attribute": None},
        "c": {"type": "S", "attribute": "x"},
    }
    assert unchecked_args(["a"]) == {}
