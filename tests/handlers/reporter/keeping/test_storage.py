import pytest

from handlers.reporter.keeping.storage import RecordLostError, Storage
from handlers.shared.aws.errors import AwsError
from handlers.shared.deadlines import Deadlines
from tests.handlers.reporter.conftest import Aws
from tests.handlers.reporter.fakes import AT, error

OLDER, NEWER = "2026-11-21T09:00:00Z", "2026-11-21T09:05:00Z"


@pytest.fixture
def storage(aws: Aws, deadlines: Deadlines) -> Storage:
    return Storage(aws.bucket, deadlines)  # type: ignore[arg-type]  # the fake has the calls


def test_the_first_record_of_a_run_stays(aws: Aws, storage: Storage) -> None:
    assert storage.record("reports/a.json", b"first", lambda _: True) == b"first"
    assert storage.record("reports/a.json", b"second", lambda _: True) == b"first"
    assert aws.body("reports/a.json") == b"first"


def test_an_object_that_is_not_there_is_none_even_to_a_role_that_may_not_list(aws: Aws, storage: Storage) -> None:
    assert storage.read("reports/a.json") is None
    aws.faults.on("GetObject", failure=error("GetObject", "AccessDenied", 403))
    assert storage.read("reports/a.json") is None


def test_an_outage_is_not_taken_for_an_absence(aws: Aws, storage: Storage) -> None:
    aws.faults.on("GetObject")
    aws.faults.on("HeadObject")
    with pytest.raises(AwsError):
        storage.read("reports/a.json")
    with pytest.raises(AwsError):
        storage.put_latest(b"a", "json", OLDER)


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(OLDER, NEWER, b"2"), (NEWER, OLDER, b"1"), (OLDER, OLDER, b"2")]
)
def test_latest_is_never_overwritten_by_an_older_run(
    aws: Aws, storage: Storage, first: str, second: str, kept: bytes
) -> None:
    storage.put_latest(b"1", "json", first)
    storage.put_latest(b"2", "json", second)
    assert aws.body("reports/latest.json") == kept


@pytest.mark.parametrize("ahead", ["2126-11-27T06:00:00Z", "2026-11-21T09:10:01Z", "never"])
def test_a_latest_of_the_future_is_replaced(aws: Aws, deadlines: Deadlines, ahead: str) -> None:
    storage = Storage(aws.bucket, deadlines, AT.timestamp)  # type: ignore[arg-type]  # the fake has the calls
    storage.put_latest(b"ahead", "json", ahead)
    assert storage.put_latest(b"now", "json", NEWER)
    assert aws.body("reports/latest.json") == b"now"


def test_a_latest_of_a_clock_that_is_a_little_ahead_stays(aws: Aws, deadlines: Deadlines) -> None:
    storage = Storage(aws.bucket, deadlines, AT.timestamp)  # type: ignore[arg-type]  # the fake has the calls
    storage.put_latest(b"soon", "json", "2026-11-21T09:10:00Z")
    assert not storage.put_latest(b"now", "json", NEWER)
    assert aws.body("reports/latest.json") == b"soon"


def test_latest_is_compared_again_when_another_run_writes_it_in_between(aws: Aws, storage: Storage) -> None:
    head = aws.bucket.head

    def head_then_newer(key: str, **options: object) -> object:
        there = head(key)
        if aws.body(key) != b"newer":
            aws.objects.put_object(Bucket="reports", Key=key, Body=b"newer", Metadata={"generated-at": NEWER})
        return there

    storage.put_latest(b"oldest", "json", "2026-11-21T08:55:00Z")
    aws.bucket.head = head_then_newer  # type: ignore[method-assign]  # a race, staged
    assert not storage.put_latest(b"older", "json", OLDER)
    assert aws.body("reports/latest.json") == b"newer"


def test_latest_that_always_changes_is_given_up(aws: Aws, storage: Storage) -> None:
    aws.faults.on("PutObject", failure=error("PutObject", "ConditionalRequestConflict", 409))
    with pytest.raises(RecordLostError, match=r"latest\.json"):
        storage.put_latest(b"a", "json", OLDER)


def test_a_record_that_is_neither_there_nor_writable_is_an_error(aws: Aws, storage: Storage) -> None:
    aws.faults.on("PutObject", failure=error("PutObject", "PreconditionFailed", 412))
    with pytest.raises(RecordLostError, match=r"a\.json"):
        storage.record("reports/a.json", b"a", lambda _: True)


def test_a_missing_bucket_is_an_error_not_a_race(aws: Aws, storage: Storage) -> None:
    aws.faults.on("PutObject", failure=error("PutObject", "NoSuchBucket", 404))
    with pytest.raises(AwsError, match="NoSuchBucket"):
        storage.record("reports/a.json", b"a", lambda _: True)


def test_pages_are_served_as_html(aws: Aws, storage: Storage) -> None:
    storage.put("reports/a.html", b"<p>", "html")
    storage.put_latest(b"<p>", "html", OLDER)
    for key in ("reports/a.html", "reports/latest.html"):
        assert aws.objects.head_object(Bucket="reports", Key=key)["ContentType"] == "text/html; charset=utf-8"
    assert aws.objects.head_object(Bucket="reports", Key="reports/latest.html")["CacheControl"] == "no-cache"
