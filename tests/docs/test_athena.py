"""The table of docs/athena.md has the fields and the folders of what the archiver writes."""

import gzip
import json
import re

from handlers.archiver.archive import archive
from tests.docs.markdown import ROOT, blocks

DEFINITION, *QUERIES = [block.body for block in blocks((ROOT / "docs/athena.md").read_text()) if block.info == "sql"]
RECORD = {
    "eventID": "e1",
    "eventName": "INSERT",
    "eventSourceARN": "arn:aws:dynamodb:eu-north-1:123456789012:table/Users/stream/2026-11-21T00:00:00.000",
    "dynamodb": {
        "ApproximateCreationDateTime": 1795251911,  # 2026-11-21T09:05:11Z
        "Keys": {"userId": {"S": "u-1"}},
        "NewImage": {"userId": {"S": "u-1"}},
        "SequenceNumber": "1",
    },
}
((KEY, BODY),) = archive([RECORD], ["INSERT"]).objects.items()


def test_the_columns_are_the_fields_of_a_line():
    columns = re.findall(r"^    `?(\w+)`? +string", DEFINITION, re.MULTILINE)
    assert columns == list(json.loads(gzip.decompress(BODY)))


def test_the_partitions_are_the_folders():
    found = re.search(r"'storage.location.template' = 's3://ARCHIVE_BUCKET/([^']+)'", DEFINITION)
    assert found
    folder = found[1].replace("STREAM_TABLE", "Users").replace("${date}", "2026-11-21").replace("${hour}", "09")
    assert KEY.startswith(folder)
    assert "/" not in KEY.removeprefix(folder)


def test_every_query_names_days_and_what_the_table_has():
    columns = {*re.findall(r"^    `?(\w+)`? +string", DEFINITION, re.MULTILINE), "date", "hour"}
    for query in QUERIES:
        assert 'WHERE "date"' in query
        assert set(re.findall(r'"(\w+)"', query)) <= columns
