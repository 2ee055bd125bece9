import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.archiver.archive import archive
from tests.handlers.archiver.records import HOUR, NOON, record

ALL = ["INSERT", "MODIFY", "REMOVE"]


def lines(body):
    return gzip.decompress(body).decode().splitlines()


def only_line(entry):
    (body,) = archive([entry], ALL).objects.values()
    (line,) = lines(body)
    return line


# ---- the line


def test_a_line_tells_the_whole_change():
    assert json.loads(only_line(record(7, "MODIFY", new={"n": {"S": "new"}}, old={"n": {"S": "old"}}))) == {
        "event_id": f"{7:032x}",
        "event": "MODIFY",
        "table": "Users",
        "at": "2025-10-09T12:00:00Z",
        "sequence_number": f"{7:021d}",
        "keys": {"userId": "u7"},
        "old": {"n": "old"},
        "new": {"n": "new"},
        "by": None,
    }


def test_an_expiry_is_told_from_a_deletion_by_who_made_it():
    expired = {**record(event="REMOVE"), "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
    assert json.loads(only_line(expired))["by"] == {"type": "Service", "principal": "dynamodb.amazonaws.com"}


@pytest.mark.parametrize("identity", [None, {}])
def test_a_change_of_which_nobody_is_named_is_by_null(identity):
    assert json.loads(only_line({**record(event="REMOVE"), "userIdentity": identity}))["by"] is None


def test_what_an_identity_lacks_is_null():
    line = json.loads(only_line({**record(), "userIdentity": {"type": "Service"}}))
    assert line["by"] == {"type": "Service", "principal": None}


def test_an_identity_that_is_no_object_stops_its_batch():
    batch = archive([record(1), {**record(2), "userIdentity": "somebody"}], ALL)
    assert (batch.archived, batch.stopped_at and batch.stopped_at.sequence_number) == (1, f"{2:021d}")


@pytest.mark.parametrize(
    ("event", "old", "new"), [("INSERT", False, True), ("MODIFY", True, True), ("REMOVE", True, False)]
)
def test_an_image_that_a_change_does_not_have_is_null(event, old, new):
    line = json.loads(only_line(record(event=event)))
    assert (line["old"] is not None, line["new"] is not None) == (old, new)


def test_an_image_without_attributes_is_no_null():
    assert json.loads(only_line(record(new={})))["new"] == {}


@pytest.mark.parametrize("number", ["0.1", "12345678901234567890123456789012345678", "1E+2", "-0.000000000000000001"])
def test_numbers_stand_as_written(number):
    assert f'"new":{{"n":{number}}}' in only_line(record(new={"n": {"N": number}}))


def test_binary_is_base64():
    assert json.loads(only_line(record(new={"b": {"B": "AAEC"}})))["new"] == {"b": "AAEC"}


@pytest.mark.parametrize("text", ["Ångström", "O'Neil", "<b>&", "محمد", "🧑‍🚀", 'a "quote"\n\u2028', "\ud800"])
def test_a_text_of_any_script_stays_one_line(text):
    line = only_line(record(new={"name": {"S": text}}))
    assert json.loads(line)["new"] == {"name": text}


# ---- objects and their names


def test_an_object_lies_in_the_table_and_hour_of_its_changes_and_is_named_after_its_first():
    batch = archive([record(41), record(42)], ALL)
    key = f"changes/table=Users/date=2025-10-09/hour=12/{41:021d}-00000000.jsonl.gz"
    assert list(batch.objects) == [key]
    assert [json.loads(line)["keys"] for line in lines(batch.objects[key])] == [{"userId": "u41"}, {"userId": "u42"}]


def test_the_hour_is_that_of_utc_however_late_in_it():
    (key,) = archive([record(at=NOON - 0.001)], ALL).objects
    assert "/date=2025-10-09/hour=11/" in key


def test_changes_of_several_hours_lie_in_several_objects():
    batch = archive([record(1), record(2, at=NOON + HOUR), record(3), record(4, at=NOON + 12 * HOUR)], ALL)
    folders = {
        key.rpartition("/")[0]: [json.loads(line)["keys"]["userId"] for line in lines(body)]
        for key, body in batch.objects.items()
    }
    assert folders == {
        "changes/table=Users/date=2025-10-09/hour=12": ["u1", "u3"],
        "changes/table=Users/date=2025-10-09/hour=13": ["u2"],
        "changes/table=Users/date=2025-10-10/hour=00": ["u4"],
    }


def test_the_same_records_make_the_same_bytes_at_any_time(monkeypatch):
    records = [record(number) for number in range(3)]
    runs = []
    for now in (1_760_011_200.0, 1_795_000_000.0):
        monkeypatch.setattr("time.time", lambda now=now: now)
        runs.append(archive(records, ALL).objects)
    assert runs[0] == runs[1]
    (body,) = runs[0].values()
    assert body[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"  # gzip, deflated, without a name and a time


# ---- what is not archived


def test_only_the_kinds_asked_for_are_archived():
    batch = archive([record(1), record(2, "MODIFY"), record(3, "REMOVE")], ["INSERT", "REMOVE"])
    (body,) = batch.objects.values()
    assert [json.loads(line)["event"] for line in lines(body)] == ["INSERT", "REMOVE"]
    assert (batch.archived, batch.passed_over, batch.stopped_at) == (2, 1, None)


def test_a_batch_of_other_kinds_makes_no_object():
    batch = archive([record(event="MODIFY")], ["INSERT"])
    assert (batch.objects, batch.archived, batch.passed_over) == ({}, 0, 1)


def test_a_batch_of_nothing_makes_no_object():
    assert archive([], ALL).objects == {}


def spoiled(number, *path, value=None):
    """A record in which something is missing, or is something else."""
    sample = record(number)
    at = sample
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return sample


SPOILED = {
    "no change": ("dynamodb",),
    "no keys": ("dynamodb", "Keys"),
    "no event id": ("eventID",),
    "no table": ("eventSourceARN",),
}
SPOILED_BY_VALUE = {
    "an ARN of no table": ("eventSourceARN", "arn:aws:kinesis:eu-north-1:123456789012:stream"),
    "an unknown type": ("dynamodb", "NewImage", {"a": {"X": "1"}}),
    "an image that is none": ("dynamodb", "NewImage", ["a"]),
    "a time that is none": ("dynamodb", "ApproximateCreationDateTime", "noon"),
    "a time out of range": ("dynamodb", "ApproximateCreationDateTime", 1e300),
    "a sequence number that is none": ("dynamodb", "SequenceNumber", 1),
}


@pytest.mark.parametrize(
    "bad",
    [spoiled(2, *path) for path in SPOILED.values()]
    + [spoiled(2, *path, value=value) for *path, value in SPOILED_BY_VALUE.values()],
    ids=[*SPOILED, *SPOILED_BY_VALUE],
)
def test_a_record_that_cannot_be_archived_stops_the_batch_there_and_is_reported(bad):
    batch = archive([record(1), bad, record(3)], ALL)
    (body,) = batch.objects.values()
    assert [json.loads(line)["keys"] for line in lines(body)] == [{"userId": "u1"}]
    assert batch.archived == 1
    assert batch.stopped_at is not None
    assert batch.stopped_at.sequence_number == str(bad.get("dynamodb", {}).get("SequenceNumber", ""))
    assert batch.stopped_at.reason


def test_a_record_of_another_kind_is_passed_over_whatever_is_in_it():
    batch = archive([{"eventName": "MODIFY"}, record(1)], ["INSERT"])
    assert (batch.archived, batch.stopped_at) == (1, None)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["dynamodb", "eventID", "SequenceNumber", "Keys", "NewImage", "S", "M", "L"]), inner
            )
        ),
    )
)
def test_whatever_a_record_holds_the_batch_is_not_lost(garbage):
    batch = archive([record(1), {**record(2), "dynamodb": garbage}, record(3)], ALL)
    assert batch.archived >= 1
    assert batch.objects


# ---- batches that are delivered again

RECORDS = st.lists(
    st.tuples(st.sampled_from(["good", "good", "good", "poisoned", "passed over"]), st.integers(0, 2)), max_size=24
)


def batch_of(drawn):
    """Records of the kinds and hours that were drawn."""
    kinds = {"good": "INSERT", "poisoned": "INSERT", "passed over": "MODIFY"}
    return [
        record(number, kinds[kind], NOON + hour * HOUR, new={"a": {"X": "?"} if kind == "poisoned" else {"S": "a"}})
        for number, (kind, hour) in enumerate(drawn)
    ]


class Lambda:
    """Delivers a batch as a mapping with partial batch responses and bisecting does, while some invocations crash."""

    def __init__(self, draw):
        self._draw, self._crashes = draw, draw(st.integers(0, 8))
        self.bucket, self.failures = {}, []

    def deliver(self, records):
        if not records:
            return
        batch = archive(records, ["INSERT"])
        puts = list(batch.objects.items())
        if self._crashes and self._draw(st.booleans()):
            self._crashes -= 1
            self.bucket.update(puts[: self._draw(st.integers(0, len(puts)))])
            self._again(records)
            return
        self.bucket.update(puts)
        if batch.stopped_at:
            numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
            self._from(records, numbers.index(batch.stopped_at.sequence_number))

    def _again(self, records):
        whole = len(records) == 1 or self._draw(st.booleans())
        self.deliver(records) if whole else self._halved(records)

    def _from(self, records, failed):
        if failed:
            self.deliver(records[failed:])
        elif len(records) > 1:
            self._halved(records)
        else:
            self.failures += records

    def _halved(self, records):
        middle = len(records) // 2
        self.deliver(records[:middle])
        self.deliver(records[middle:])


@settings(deadline=None)
@given(drawn=RECORDS, data=st.data())
def test_however_a_batch_is_delivered_again_each_line_is_held_once(drawn, data):
    records = batch_of(drawn)
    mapping = Lambda(data.draw)
    mapping.deliver(records)
    event_ids = sorted(json.loads(line)["event_id"] for body in mapping.bucket.values() for line in lines(body))
    by_kind = {
        kind: [each["eventID"] for each, (is_kind, _) in zip(records, drawn, strict=True) if is_kind == kind]
        for kind in ("good", "poisoned")
    }
    assert event_ids == by_kind["good"]
    assert [each["eventID"] for each in mapping.failures] == by_kind["poisoned"]
