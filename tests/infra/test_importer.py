import json
import re
from pathlib import Path

import pytest

from sluice.cloud.program.execution import ProgramError
from tests.infra.imports import pipeline, variables
from tests.infra.reading import statements


def test_the_importer_is_told_how_to_read_files():
    """Programs in other languages send every number as a float."""
    args = {"ordered": True, "chunk_mib": 8.0, "gzip_limit_mib": 100}
    found = variables(pipeline(**args))
    assert json.loads(found["IMPORT_ORDERED"]) is True
    assert found["IMPORT_CHUNK_BYTES"] == str(8 * 1024 * 1024)
    assert found["IMPORT_GZIP_LIMIT_BYTES"] == str(100 * 1024 * 1024)


def test_what_may_be_large_lies_in_the_archive():
    columns = {"Order No": {"attribute": "id"}, **{f"column {number}": {"type": "N"} for number in range(400)}}
    graph = pipeline(
        columns=columns,
        constants={"source": "crm"},
        format={"type": "csv", "delimiter": ";", "quote": "none"},
        ignore=["*.crc"],
    )
    archive = Path(graph.named("import-importer").inputs["code"].path)
    found = json.loads((archive / variables(graph)["IMPORT_SETTINGS"]).read_text())
    assert found.pop("columns") == {"id": "S", **{f"column {number}": "N" for number in range(400)}}
    assert found == {
        "names": {"Order No": "id"},
        "constants": {"source": {"S": "crm"}},
        "format": {"type": "csv", "delimiter": ";", "quote": ""},
        "ignore": ["*.crc"],
    }


@pytest.mark.parametrize(
    ("args", "mistake"),
    [
        (
            {"columns": {"a": {"attribute": "id"}, "id": {}}},
            "columns: allowed: one column as id, not 2: 'a' and 'id'",
        ),
        ({"constants": {"id": "1"}}, "set: allowed: no 'id', which is the table's key: all items would be the same"),
    ],
)
def test_columns_and_constants_that_no_table_could_have_are_refused(args, mistake):
    with pytest.raises(ProgramError, match=re.escape(mistake)):
        pipeline(**args)


def test_a_format_that_no_file_could_have_is_refused():
    with pytest.raises(ValueError, match=r"format: the delimiter ';;' is not one character"):
        pipeline(format={"delimiter": ";;"})


def test_a_transform_goes_into_the_archive_with_what_it_imports():
    graph = pipeline(transform="tests.infra.transforms:tidy")
    assert variables(graph)["IMPORT_TRANSFORM"] == "tests.infra.transforms:tidy"
    archive = Path(graph.named("import-importer").inputs["code"].path)
    assert (archive / "tests/infra/transforms.py").is_file()


def test_a_transform_that_is_not_there_is_refused():
    with pytest.raises(ProgramError, match=r"tests\.infra\.transforms:other: tests/infra/transforms\.py has no other"):
        pipeline(transform="tests.infra.transforms:other")


def test_the_importer_is_told_all_that_its_handler_reads():
    from handlers.importer import environment

    others = {environment.ROWS_WRITTEN, environment.ROWS_REJECTED, environment.FILES_FAILED, environment.HANDLER}
    others |= {environment.REJECTED_PREFIX, environment.AGAIN_METADATA}
    names = {value for name, value in vars(environment).items() if name.isupper()} - others
    assert variables(pipeline()).keys() == names


def test_the_importer_may_do_its_work_and_nothing_else():
    graph = pipeline()
    files, table, ledger, queue, dead, logs = (
        graph.named(f"import-{name}").outputs["arn"]
        for name in ("files", "table", "ledger", "queue", "dead-letters", "importer-logs")
    )
    found = statements(graph.named("import-importer-policy"))
    assert {statement["Effect"] for statement in found.values()} == {"Allow"}
    assert {sid: (statement["Action"], statement["Resource"]) for sid, statement in found.items()} == {
        "ReadFiles": (["s3:GetObject", "s3:GetObjectVersion"], [f"{files}/incoming/*"]),
        "TellGoneFromForbidden": (["s3:ListBucket"], [files]),
        "KeepRejects": (["s3:PutObject", "s3:DeleteObject"], [f"{files}/rejected/*"]),
        "WriteItems": (["dynamodb:BatchWriteItem"], [table]),
        "KeepLedger": (
            [
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            [ledger],
        ),
        "ReceiveWork": (["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [queue]),
        "HandOn": (["sqs:SendMessage"], [queue, dead]),
        "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], [f"{logs}:log-stream:*"]),
    }


@pytest.mark.parametrize(("seconds", "longest"), [(30, 27), (120, 110), (900, 890)])
def test_working_for_as_long_as_it_may_raises_no_alarm(seconds, longest):
    """The importer begins nothing new in its last 21 seconds, or last quarter; its alarm is beyond that."""
    threshold = pipeline(timeout_seconds=seconds).named("import-importer-duration").inputs["threshold"]
    assert threshold == longest * 1000


@pytest.mark.parametrize(("kind", "metric"), [("rejects", "RowsRejected"), ("failed-files", "FilesFailed")])
def test_an_alarm_goes_off_on_what_the_importer_counts(kind, metric):
    """A row that is rejected, and a file that is given up, fail no invocation."""
    inputs = pipeline().named(f"import-importer-{kind}").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("Sluice", metric)
    assert inputs["dimensions"] == {"FunctionName": "import-importer"}


@pytest.mark.parametrize(
    ("args", "share", "hops"),
    [
        ({}, "0", "1000"),
        ({"write_units_per_second": 100}, "10.000", "10000"),
        ({"write_units_per_second": 100, "maximum_concurrency": 3}, "33.333", "10000"),
        ({"write_units_per_second": 2, "maximum_concurrency": 2}, "1.000", "10000"),
    ],
)
def test_a_worker_gets_its_share_of_a_limit_and_the_time_for_it(args, share, hops):
    environment = variables(pipeline(**args))
    assert (environment["IMPORT_WRITE_UNITS"], environment["IMPORT_HOP_LIMIT"]) == (share, hops)


def test_a_limit_that_the_workers_cannot_share_is_refused():
    with pytest.raises(ValueError, match=r"write_units_per_second 9: allowed: .*at least maximumConcurrency \(10\)"):
        pipeline(write_units_per_second=9)
