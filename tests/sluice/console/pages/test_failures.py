"""The page of failures, asked as a browser asks."""

import pytest

from sluice.console.pages.failures import _record, _title


@pytest.mark.parametrize(
    ("record", "title"),
    [
        ({"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": "<b>"}, "no": {"N": "7"}}}}, "INSERT id <b> no 7"),
        ({"eventName": "REMOVE", "dynamodb": {"Keys": None}}, "REMOVE"),
        ({"bucket": "b", "key": "k"}, '["bucket", "key"]'),
        ("no JSON", "text"),
        ([1], "text"),
    ],
    ids=range(5),
)
def test_a_record_is_named_by_its_event_and_its_keys(record, title):
    assert _title(record) == title


def test_of_a_large_record_is_shown_so_much_and_how_much_is_not():
    shown = _record(3, {"key": "\u674e" * 30_000})
    assert (shown.number, len(shown.text)) == (3, 20_000)
    assert shown.left_out == 30_000 + len('{\n  "key": ""\n}') - 20_000


@pytest.fixture(scope="module")
def token(client):
    """The token of a page."""
    return client.read("failures").text.partition('name="token" value="')[2].partition('"')[0]


def test_nothing_is_done_where_nothing_is_chosen(client, token):
    for action in ("redrive", "discard"):
        answer = client.write(f"failures/{action}", f"token={token}")
        assert answer.status == 303
        page = client.read(answer.headers["location"].partition(client.folder)[2])
        assert "choose some failures" in page.text


def test_one_that_is_not_there_is_told(client):
    answer = client.read("failures/12345678?kind=batch&key=aws/lambda/x")
    assert answer.status == 404
    assert "no such failure any more" in answer.text


@pytest.mark.parametrize("query", ["start=-1", "start=x&after=", "start=999999999999", "after=%00"])
def test_addresses_that_somebody_made_up_show_a_page(client, query):
    assert client.read(f"failures?{query}").status == 200
