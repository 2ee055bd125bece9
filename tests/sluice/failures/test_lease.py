from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.failures import lease as lease_module
from sluice.failures.lease import KEY, UnderWayError, lease, under_way
from sluice.target import Target
from tests.sluice.failures.fakes import FakeS3


class LeaseS3(FakeS3):
    """A bucket with conditional writes, as S3 has them, and a clock."""

    def __init__(self):
        super().__init__()
        self.now = datetime.now(UTC)
        self.written = {}

    def put_object(self, **request) -> Any:
        self._refuse("put_object")
        if request.get("IfNoneMatch") == "*" and request["Key"] in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        super().put_object(**request)
        self.written[request["Key"]] = self.now
        return {"ETag": self._etag(request["Key"])}

    def get_object(self, **request):
        return {**super().get_object(**request), "LastModified": self.written[request["Key"]]}


class FakeTarget(Target):
    def __init__(self):
        super().__init__({"archive_bucket_name": "archive"})
        self.s3 = LeaseS3()

    def client(self, service):
        return self.s3


@pytest.fixture
def target(monkeypatch):
    monkeypatch.setattr(lease_module.getpass, "getuser", lambda: "ann")
    monkeypatch.setattr(lease_module.platform, "node", lambda: "laptop")
    return FakeTarget()


def test_a_second_redrive_sees_who_redrives_and_since_when(target):
    with lease(target):
        (told,) = under_way(target)
        assert told.startswith("A redrive by ann@laptop has been running since 20")
        with (
            pytest.raises(
                UnderWayError, match=r"a redrive by ann@laptop has been running since 20.*: wait for it; if it"
            ),
            lease(target),
        ):
            pass
        assert list(target.s3.objects) == [KEY]
    assert target.s3.objects == {}
    assert list(under_way(target)) == []


def test_a_redrive_that_was_broken_off_stops_nobody_for_long(target):
    target.s3.now -= timedelta(minutes=21)
    list(iter([lease(target).__enter__()]))  # never ended
    target.s3.now += timedelta(minutes=21)
    assert list(under_way(target)) == []
    with lease(target):
        assert len(list(under_way(target))) == 1
    assert target.s3.objects == {}


def test_a_redrive_goes_on_where_it_may_tell_nobody(target):
    target.s3.refusing = {"put_object": ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")}
    with lease(target) as renew:
        renew()
    assert target.s3.objects == {}


def test_a_stack_without_streams_needs_none():
    with lease(Target({"archive_bucket_name": None})) as renew:
        renew()
    assert list(under_way(Target({}))) == []


def test_it_is_written_anew_after_a_minute_of_work(target, monkeypatch):
    with lease(target) as renew:
        renew()
        before = target.s3.objects[KEY]
        monkeypatch.setattr(lease_module, "_RENEWED_SECONDS", -1)
        target.s3.now += timedelta(minutes=5)
        renew()
        assert target.s3.written[KEY] == target.s3.now
        assert target.s3.objects[KEY] == before
    assert target.s3.objects == {}
