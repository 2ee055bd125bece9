import pytest

from infra.import_columns import mistakes, mistakes_of_constants, schema
from infra.import_defaults import ColumnType

NUMBER = ColumnType.N


def test_columns_have_their_types_by_what_items_call_them():
    columns = {"Order No": {"attribute": "orderId", "type": NUMBER}, "price": {"type": NUMBER}, "note": {}}
    assert schema(columns, {"source": "crm", "year": 2026, "rate": 0.1, "done": True, "none": ""}) == {
        "columns": {"orderId": "N", "price": "N", "note": "S"},
        "names": {"Order No": "orderId"},
        "constants": {
            "source": {"S": "crm"},
            "year": {"N": "2026"},
            "rate": {"N": "0.1"},
            "done": {"BOOL": True},
            "none": {"S": ""},
        },
    }


@pytest.mark.parametrize(
    "columns",
    [
        {"Order No": {"attribute": "orderId"}},
        {"orderId": {"type": NUMBER}},
        {"orderId": {"attribute": "old"}, "Order No": {"attribute": "orderId"}},
        {"orderId": {"attribute": "orderId"}},
        {"price": {"type": ColumnType.BOOL}},
    ],
)
def test_columns_that_files_may_have_are_taken(columns):
    assert list(mistakes(columns, ["orderId"])) == []


@pytest.mark.parametrize(
    ("columns", "mistake"),
    [
        ({"a": {"attribute": "x"}, "b": {"attribute": "x"}}, "one column as x, not 2: 'a' and 'b'"),
        ({"a": {"attribute": "b"}, "b": {"type": NUMBER}}, "one column as b, not 2: 'a' and 'b'"),
        (
            {"No": {"attribute": "orderId", "type": ColumnType.BOOL}},
            "S or N for orderId, which the table has as key",
        ),
        (
            {"orderId": {"attribute": "order"}},
            "no other name for the column 'orderId', which is the table's key; or 'order' as key of the table",
        ),
    ],
)
def test_columns_that_contradict_each_other_or_the_table_are_mistakes(columns, mistake):
    assert list(mistakes(columns, ["orderId"])) == [mistake]


def test_a_transform_may_bring_the_key_that_a_column_was_called():
    assert list(mistakes({"orderId": {"attribute": "order"}}, ["orderId"], keys_come_from_columns=False)) == []


@pytest.mark.parametrize(
    ("name", "value", "mistake"),
    [
        ("id", "1", "no 'id', which is the table's key: all items would be the same"),
        ("price", 1, "no 'price', which is the column 'price'"),
        ("order", 1, "no 'order', which is the column 'No'"),
        ("year", float("nan"), "a text, a boolean, or a number within DynamoDB's limits, for 'year'"),
        ("year", 10**126, "a text, a boolean, or a number within DynamoDB's limits, for 'year'"),
        ("year", None, "a text, a boolean, or a number within DynamoDB's limits, for 'year'"),
        ("year", ["a"], "a text, a boolean, or a number within DynamoDB's limits, for 'year'"),
    ],
)
def test_constants_that_no_item_could_have_are_mistakes(name, value, mistake):
    columns = {"price": {"type": NUMBER}, "No": {"attribute": "order"}}
    assert list(mistakes_of_constants({"source": "crm", name: value}, columns, ["id"])) == [mistake]


def test_the_old_name_of_a_column_may_be_a_constant():
    assert list(mistakes_of_constants({"No": "x"}, {"No": {"attribute": "order"}}, ["id"])) == []
