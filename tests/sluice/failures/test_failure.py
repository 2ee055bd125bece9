from sluice.failures.failure import Failure


def test_a_failure_has_the_same_id_for_as_long_as_it_lies_there():
    one = Failure("stream/users", "archiver", "x", "2026-01-01T00:00:00.000Z", 2, "s3://b/k\ud800")
    assert one.id == one._replace(records=1, at="2026-01-02T00:00:00.000Z").id
    assert len(one.id) == 8
    assert one.id != one._replace(where="s3://b/k2").id


def test_a_file_that_fails_anew_has_another_id():
    one = Failure("import/items", "importer", "x", "2026-01-01T00:00:00.000Z", 1, "s3://b/k", file="k")
    assert one.id != one._replace(at="2026-01-02T00:00:00.000Z").id
