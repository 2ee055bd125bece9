import pytest

from handlers.importer.errors import FileError
from handlers.importer.items.csv_names import attributes_of, check_keys
from handlers.importer.items.rules import Schema

RENAMED = Schema(("orderId",), {}, {"Order No": "orderId"})


def test_columns_are_called_as_the_settings_say() -> None:
    assert attributes_of(["Order No", "price"], RENAMED) == ["orderId", "price"]
    assert attributes_of(["orderId", "price"], RENAMED) == ["orderId", "price"]


def test_names_may_be_exchanged() -> None:
    assert attributes_of(["a", "b"], Schema(("a",), {}, {"a": "b", "b": "a"})) == ["b", "a"]


def test_two_columns_of_one_name_are_no_file() -> None:
    with pytest.raises(FileError) as caught:
        attributes_of(["Order No", "price", "orderId"], RENAMED)
    assert str(caught.value) == (
        "the header has the columns 'Order No' and 'orderId', and by the setting columns both are 'orderId' in items"
    )


def test_a_key_that_lacks_is_named_as_files_name_it() -> None:
    check_keys(["Order No"], ["orderId"], RENAMED)
    with pytest.raises(
        FileError, match=r"^the header has no column 'Order No', which is a key of the table; it is 'a'"
    ):
        check_keys(["a"], ["a"], RENAMED)
