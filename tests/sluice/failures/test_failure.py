from sluice.failures.failure import Failure


def test_a_failure_has_the_same_id_for_as_long_as_it_lies_there():
    one = Failure("stream/users", "archiver", "x", "2026-01-01T00:00:00.000Z", 2, "s3://b/k\ud800")
    assert one.id == one._replace(records=1, at="2026-01-02T00:00:00.000Z").id
    assert len(one.id) == 8
    assert one.id != one._replace(where="s3://b/k2").id
