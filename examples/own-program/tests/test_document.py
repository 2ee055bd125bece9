"""What the warehouse reads."""

import pytest
from handlers.warehouse.document import document


def test_an_order_is_a_document_with_an_element_for_each_attribute() -> None:
    text = document({"orderId": "o-1", "lines": ["2 lamps", "1 < 2 chairs"]})
    assert text.endswith("<order><lines>2 lamps</lines><lines>1 &lt; 2 chairs</lines><orderId>o-1</orderId></order>")


def test_an_order_without_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="an order without lines"):
        document({"orderId": "o-1"})
