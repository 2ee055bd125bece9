import gzip
import io
import json
from types import SimpleNamespace

import pytest

from handlers.archiver.archive import archive
from roster import handler
from roster.changes import rows

CONTEXT = SimpleNamespace(aws_request_id="request-1")


def record(number, event, user="u-1"):
    """A record of the stream, as Lambda delivers it to the archiver."""
    image = {"userId": {"S": user}, "name": {"S": "Zoë"}, "score": {"N": "1.50"}}
    images = {"NewImage": image} if event == "INSERT" else {"OldImage": image}
    return {
        "eventID": f"event-{number}",
        "eventName": event,
        "eventSourceARN": "arn:aws:dynamodb:eu-north-1:123456789012:table/Users/stream/label",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_255_140 + number,
            "Keys": {"userId": {"S": user}},
            "SequenceNumber": str(number),
            **images,
        },
    }


def archived(*records):
    """An object of the archive, made by the archiver itself."""
    (body,) = archive(records, ["INSERT", "MODIFY", "REMOVE"]).objects.values()
    return body


def test_who_joined_and_who_left_becomes_a_row():
    assert list(rows(archived(record(1, "INSERT"), record(2, "REMOVE", "u-2")))) == [
        {
            "day": "2026-11-21",
            "event_id": "event-1",
            "what": "joined",
            "at": "2026-11-21T09:59:01Z",
            "keys": {"userId": "u-1"},
        },
        {
            "day": "2026-11-21",
            "event_id": "event-2",
            "what": "left",
            "at": "2026-11-21T09:59:02Z",
            "keys": {"userId": "u-2"},
        },
    ]


def test_whoever_changed_is_passed_over():
    assert list(rows(archived(record(1, "MODIFY")))) == []


def test_personal_data_is_not_kept():
    assert "Zoë" not in json.dumps(list(rows(archived(record(1, "INSERT")))), ensure_ascii=False)


def test_a_number_in_a_key_keeps_its_digits():
    line = {"event_id": "e", "event": "INSERT", "at": "2026-11-21T09:59:01Z", "keys": {"id": 0}}
    body = gzip.compress(json.dumps(line).replace('"id": 0', '"id": 0.10').encode())
    assert str(next(rows(body))["keys"]["id"]) == "0.10"


class S3:
    def __init__(self, body):
        self._body, self.asked = body, []

    def get_object(self, **place):
        self.asked.append(place)
        return {"Body": io.BytesIO(self._body)}


class Table:
    """A table that keeps what its batch writer is given."""

    def __init__(self):
        self.items, self.overwritten_by = [], None

    def batch_writer(self, overwrite_by_pkeys):
        self.overwritten_by = overwrite_by_pkeys
        return self

    def put_item(self, **request):
        self.items.append(request["Item"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def services(monkeypatch):
    def use(body):
        s3, table = S3(body), Table()
        monkeypatch.setattr(handler, "_s3", lambda: s3)
        monkeypatch.setattr(handler, "_table", lambda: table)
        return s3, table

    return use


def event(key="changes/table=Users/date=2026-11-21/hour=09/1-event.jsonl.gz"):
    return {"detail": {"bucket": {"name": "archive"}, "object": {"key": key}}}


def test_an_event_writes_the_rows_of_its_object(services):
    _, table = services(archived(record(1, "INSERT"), record(2, "REMOVE")))
    assert handler.handle(event(), CONTEXT) == {"rows": 2}
    assert [row["event_id"] for row in table.items] == ["event-1", "event-2"]
    assert table.overwritten_by == ["day", "event_id"]


def test_the_key_is_taken_as_it_is(services):
    s3, _ = services(archived(record(1, "INSERT")))
    handler.handle(event("changes/a+b%20c.gz"), CONTEXT)
    assert s3.asked == [{"Bucket": "archive", "Key": "changes/a+b%20c.gz"}]


def test_an_object_that_is_no_archive_fails_visibly(services):
    services(b"no gzip")
    with pytest.raises(OSError, match="Not a gzipped file"):
        handler.handle(event(), CONTEXT)


def test_one_line_tells_of_the_invocation_without_personal_data(services, capsys):
    services(archived(record(1, "INSERT")))
    handler.handle(event("changes/x"), CONTEXT)
    assert json.loads(capsys.readouterr().out) == {"request_id": "request-1", "object": "changes/x", "rows": 1}
