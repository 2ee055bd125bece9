"""Imports under a limit of write units, end to end: they take the time that it says, over several invocations."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.ledger import entries
from tests.stacks import configured, eventually, imports_of, summaries

SHARE = 10
FILES = {"small": (150, 10, 1), "large": (40, 3500, 4)}
"""Name -> rows, how many characters each has, and the write units that it takes."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with EmbeddedCloud() as cloud:
        stack = cloud.deploy(
            "local", config=configured(imports={"writeUnitsPerSecond": 2 * SHARE, "maximumConcurrency": 2})
        )
        # Five of them are for work: none imports a file alone.
        importer = stack.output("imports.items.function_name")
        stack.cloud.client("lambda").update_function_configuration(FunctionName=importer, Timeout=8)
        yield stack


def test_files_side_by_side_take_rows_by_share_of_the_limit_and_are_handed_on(stack: Stack) -> None:
    s3, bucket = stack.cloud.client("s3"), stack.output("imports.items.bucket_name")
    for name, (rows, size, _) in FILES.items():
        body = "id,name\n" + "".join(f"{name}{number},{'x' * size}\n" for number in range(rows))
        s3.put_object(Bucket=bucket, Key=f"incoming/{name}.csv", Body=body.encode())

    def ended() -> list[dict[str, Any]]:
        found = entries(imports_of(stack))
        return found if len(found) == 2 and all(entry["status"] != "RUNNING" for entry in found) else []

    for entry in eventually(ended, 120):
        rows, _, units = FILES[PurePath(entry["object"]).stem]
        assert (entry["status"], entry["rows_written"], entry["error"]) == ("SUCCEEDED", rows, None)
        seconds = _moment(entry["finished_at"]) - _moment(entry["started_at"])
        assert rows * units / SHARE - 0.5 <= seconds <= 2 * rows * units / SHARE, seconds
    lines = summaries(stack, "imports.items.function_name")
    assert sum(line["ends"].get("handed_on", 0) for line in lines) >= 4
    assert sum(line["MessagesFailed"] for line in lines) == 0


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
