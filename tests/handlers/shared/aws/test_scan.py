"""Scanning: every page of every segment, its facts without its items, at most one page a segment too many."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.scan import essentials, scan
from tests.handlers.shared.aws.scripted import answer, error

WORDS = st.text(st.sampled_from('ab]},:[{"\\ "ItemsCountLastEvaluatedKey'), max_size=12) | st.sampled_from(
    ["Items", "LastEvaluatedKey", "Count", '],"Count":9}', '"Items":[', "],", '},"Items":[{']
)
STRINGS = WORDS.map(lambda word: {"S": word})
SETS = st.lists(WORDS, min_size=1, max_size=2).map(lambda words: {"SS": words})
VALUES = st.recursive(
    STRINGS | SETS | st.just({"NULL": True}),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda values: {"L": values})
        | st.dictionaries(WORDS, inner, max_size=3).map(lambda values: {"M": values})
    ),
    max_leaves=6,
)
ITEMS = st.lists(st.dictionaries(WORDS, VALUES, max_size=3), max_size=3)
KEYS = st.dictionaries(WORDS, STRINGS, min_size=1, max_size=2)


@given(
    ITEMS,
    st.none() | KEYS,
    st.none() | WORDS,
    st.permutations(range(5)),
    st.sampled_from([(",", ":"), (", ", ": ")]),
)
def test_the_facts_of_a_page_are_those_of_decoding_it_whole(items, key, table, order, separators):
    page = {"Count": len(items), "ScannedCount": 7, "Items": items, "LastEvaluatedKey": key}
    page["ConsumedCapacity"] = {"TableName": table, "CapacityUnits": 0.5} if table is not None else None
    names = [name for name in (list(page)[number] for number in order) if page[name] is not None]
    page = {name: page[name] for name in names}
    body = json.dumps(page, separators=separators, ensure_ascii=False).encode()
    del page["Items"]
    assert essentials(body) == page


class Table:
    """A table of segments, each a number of pages of one item."""

    def __init__(self, *pages: int):
        self.pages = pages
        self.payloads: list[dict] = []

    def __call__(self, sock, received) -> bool:
        payload = json.loads(received.body)
        self.payloads.append(payload)
        segment = payload["Segment"]
        at = int(payload.get("ExclusiveStartKey", {"id": {"N": "0"}})["id"]["N"])
        page = {"Items": [{"id": {"S": f"{segment}-{at}"}}], "Count": 1, "ScannedCount": 2}
        page["ConsumedCapacity"] = {"CapacityUnits": 128.5}
        if at + 1 < self.pages[segment]:
            page["LastEvaluatedKey"] = {"id": {"N": str(at + 1)}}
        sock.sendall(answer(json.dumps(page).encode()))
        return True


def test_every_page_of_every_segment_comes_once(serve, connect):
    pages = [*scan(connect(serve(Table(3, 1, 2))), "Users", segments=3)]
    assert sorted(item["id"]["S"] for page in pages for item in page.items()) == [
        "0-0",
        "0-1",
        "0-2",
        "1-0",
        "2-0",
        "2-1",
    ]
    assert [page.count for page in pages] == [1] * 6
    assert {(page.scanned, page.units) for page in pages} == {(2, 128.5)}
    assert sorted(page.segment for page in pages if page.last) == [0, 1, 2]


def test_who_stops_has_one_page_a_segment_too_many(serve, connect):
    table = Table(100, 100)
    pages = scan(connect(serve(table)), "Users", segments=2)
    for _ in range(5):
        next(pages)
    pages.close()
    assert len(table.payloads) <= 5 + 2


def test_only_the_attributes_asked_for_are_read(serve, connect):
    table = Table(1)
    next(scan(connect(serve(table)), "Users", attributes=["name", "da.te"], page_size=7))
    assert table.payloads[0] == {
        "TableName": "Users",
        "TotalSegments": 1,
        "Segment": 0,
        "ReturnConsumedCapacity": "TOTAL",
        "Limit": 7,
        "ProjectionExpression": "#0,#1",
        "ExpressionAttributeNames": {"#0": "name", "#1": "da.te"},
    }


def test_counting_reads_no_item(serve, connect):
    server = serve(answer(b'{"Count":5,"ScannedCount":5}'))
    (page,) = scan(connect(server), "Users", count=True)
    assert (page.count, page.units, page.items(), page.last) == (5, 0.0, [], True)
    assert json.loads(server.received[0].body)["Select"] == "COUNT"


def test_a_page_is_asked_for_again_after_a_fault(serve, connect):
    server = serve(error("InternalServerError", 500), Table(2))
    assert len([*scan(connect(server), "Users")]) == 2


def test_a_table_that_is_gone_is_an_error(serve, connect):
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        next(scan(connect(serve(error("ResourceNotFoundException"))), "Users"))
