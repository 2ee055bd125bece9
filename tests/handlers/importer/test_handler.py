import json
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from handlers.importer import environment, handler, settings
from handlers.importer.reading.format import Format
from handlers.shared.deadlines import Deadlines
from tests.handlers.importer.cloud import Cloud, csv_file

ENVIRONMENT = {
    environment.TABLE: "imported",
    environment.PARTITION_KEY: "id",
    environment.SORT_KEY: "",
    environment.SETTINGS: "settings.json",
    environment.LEDGER: "ledger",
    environment.QUEUE_URL: "queue",
    environment.DEAD_LETTER_QUEUE_URL: "dead",
    environment.RECEIVES: "5",
    environment.PREFIX: "incoming/",
    environment.ORDERED: "false",
    environment.CHUNK_BYTES: "1000000",
    environment.GZIP_LIMIT_BYTES: "5",
    environment.HOP_LIMIT: "7",
    environment.TRANSFORM: "",
    environment.WRITE_UNITS: "0",
}


FILE: dict[str, Any] = {"columns": {"n": "N"}, "names": {}, "constants": {}, "format": {}, "ignore": []}


def read(variables: dict[str, str], folder: Path, **file: Any) -> settings.Settings:
    (folder / "settings.json").write_text(json.dumps({**FILE, **file}))
    return settings.read({**ENVIRONMENT, **variables}, str(folder))


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    found = read({}, tmp_path)
    assert found.schema.keys == ("id",)
    assert read({environment.SORT_KEY: "at"}, tmp_path).schema.keys == ("id", "at")
    assert (found.ordered, found.chunk_bytes, found.gzip_limit_bytes) == (False, 1_000_000, 5)
    assert found.hop_limit == 7
    assert (found.write_units, read({environment.WRITE_UNITS: "33.333"}, tmp_path).write_units) == (0, 33.333)
    assert read({environment.ORDERED: "true"}, tmp_path).ordered


def test_what_may_be_large_comes_from_a_file(tmp_path: Path) -> None:
    found = read({}, tmp_path, names={"No": "id"}, constants={"source": {"S": "é"}}, ignore=["*.crc"])
    assert (found.schema.type_of("n"), found.schema.type_of("x")) == ("N", "S")
    assert found.schema.names == {"No": "id"}
    assert found.schema.ending == r',"source":{"S":"\u00e9"}}'
    assert found.ignore == ("*.crc",)


def test_a_format_is_what_is_set_of_it(tmp_path: Path) -> None:
    assert read({}, tmp_path).format == Format()
    assert read({}, tmp_path, format={"type": "csv", "quote": ""}).format == Format("csv", quote="")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock of the deadlines that the handler makes; a test sets its `now`."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(handler, "Deadlines", partial(Deadlines, clock=lambda: clock.now))
    return clock


def test_work_is_not_begun_that_could_not_be_finished(clock: SimpleNamespace) -> None:
    deadlines = handler._deadlines(120)
    assert (deadlines.calls, deadlines.work) == (1119.0, 1099.0)
    clock.now = 1098.9
    assert not deadlines.work_is_over
    clock.now = 1099.0
    assert deadlines.work_is_over


def test_a_short_invocation_keeps_a_quarter_for_the_end(clock: SimpleNamespace) -> None:
    deadlines = handler._deadlines(8)
    assert (deadlines.calls, deadlines.work) == (1007.0, 1005.0)
    assert handler._deadlines(1).work_is_over


def replace_services(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the handler work in the cloud; its writer is what `Cloud` writes with."""
    write: Any = cloud.worker()[0]._write
    monkeypatch.setattr(handler, "_setup", lambda: (cloud.settings, cloud.tables(), cloud.queues(), cloud.bucket))
    monkeypatch.setattr(
        handler.batch_writer,
        "write",
        lambda _client, _table, items, *, key_names, ordered, pace, **rest: write(items, **rest),
    )


def test_an_invocation_answers_with_what_failed_and_prints_one_line(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_services(cloud, monkeypatch)
    good = cloud.upload("incoming/a.csv", csv_file(10, bad=5), announce=False)
    bad = json.dumps({"sluice": 1, "kind": "task", "file": json.loads("{}"), "task": {}})

    def fail(name: str) -> None:
        if name == "SendMessage":
            raise RuntimeError("no dead letters today")

    cloud.before_call = fail
    records = [
        {"messageId": id_, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        for id_, body in (("one", good), ("two", bad))
    ]
    context: Any = SimpleNamespace(
        aws_request_id="request", function_name="importer", get_remaining_time_in_millis=lambda: 60_000
    )
    assert handler.handle({"Records": records}, context) == {"batchItemFailures": [{"itemIdentifier": "two"}]}
    (line,) = capsys.readouterr().out.splitlines()
    summary = json.loads(line)
    assert summary["FunctionName"] == "importer"
    assert summary["RowsWritten"] == 8
    assert summary[environment.ROWS_REJECTED] == 2
    assert summary["MessagesFailed"] == 1
    assert summary["ends"] == {"done": 1, "partial": 1}


def test_ledger_and_queue_are_waited_for_until_the_invocation_ends(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.configure(chunk_bytes=100)
    replace_services(cloud, monkeypatch)
    body = cloud.upload("incoming/a.csv", csv_file(100), announce=False)
    record = {"messageId": "one", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
    context: Any = SimpleNamespace(
        aws_request_id="request", function_name="importer", get_remaining_time_in_millis=lambda: 60_000
    )
    before = time.monotonic()
    handler.handle({"Records": [record]}, context)
    after = time.monotonic()
    asked = {operation for operation, _ in cloud.deadlines}
    assert asked >= {"GetItem", "TransactWriteItems", "SendMessageBatch"}
    (deadline,) = {deadline for _, deadline in cloud.deadlines}
    assert deadline
    assert before + 59 <= deadline <= after + 59  # Lambda ends it a second later
