"""Files that are no data."""

import pytest

from handlers.importer.queue.companions import is_companion
from infra.import_defaults import IGNORE


@pytest.mark.parametrize(
    "path",
    [
        "job/_SUCCESS",
        "job/.part-00000.csv.crc",
        "job/part-00000.csv.crc",
        "job/._SUCCESS.crc",
        "job/_committed_123",
        "job/_started_123",
        "job/_temporary/0/task_1/part-00000.csv",
        "stream/_spark_metadata/0",
        "glue/run_$folder$",
        ".DS_Store",
        "__MACOSX/orders.csv",
        "data/._orders.csv",
        "Thumbs.db",
        "AWSDynamoDB/01-a/_started",
        "AWSDynamoDB/01-a/manifest-files.json",
        "AWSDynamoDB/01-a/manifest-files.md5",
        "AWSDynamoDB/01-a/manifest-summary.json",
        "AWSDynamoDB/01-a/manifest-summary.md5",
        "athena/2a3b.csv.metadata",
        "athena/2a3b-manifest.csv",
        "redshift/manifest",
        "redshift/unload_manifest",
        "orders.csv.sha256",
    ],
)
def test_what_other_programs_put_beside_their_data_is_known(path):
    assert is_companion(path, IGNORE)


@pytest.mark.parametrize(
    "path",
    [
        "part-00000.csv",
        "AWSDynamoDB/01-a/data/x.json.gz",
        "redshift/u0000_part_00",
        "run-1-part-r-00000",
        "_users.csv",
        "manifest.csv",
        "SUCCESS/part.csv",
        "temporary/part.csv",
    ],
)
def test_data_are_imported(path):
    assert not is_companion(path, IGNORE)


def test_patterns_heed_the_case_and_look_at_names_not_at_paths():
    assert not is_companion("a/b.CSV", ["*.csv"])
    assert not is_companion("a/b.csv", ["a*csv"])
    assert is_companion("a/b.csv", ["?/"])
