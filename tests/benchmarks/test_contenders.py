"""Sluice still runs as a contender, so that the benchmark does not rot; the peers need its own environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import inputs
from benchmarks.measure import ContenderError, NullEndpoint, sample
from benchmarks.workloads import COLD_STARTS, ENVIRONMENT, OTHERS, WORKLOADS, Workload, archive


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    inputs.write(folder, 60, 30)
    return folder


@pytest.fixture(scope="module")
def endpoint(folder: Path) -> Iterator[NullEndpoint]:
    with NullEndpoint.open(folder, items=3000) as endpoint:
        yield endpoint


@pytest.mark.parametrize("workload", [*WORKLOADS, *COLD_STARTS], ids=lambda workload: workload.title)
def test_sluice_does_all_of_a_workload(folder: Path, endpoint: NullEndpoint, workload: Workload) -> None:
    ours = workload.contenders[0]
    environment = {**ENVIRONMENT, **workload.environment, "BENCH_INPUT": workload.input, "BENCH_MEGABYTES": "3"}
    taken = sample(ours.function, folder, endpoint.url, environment, archive(ours.handler), cold=True)
    rows = 20 if workload in OTHERS else 60
    expected = {"rows": rows, "records": 30, "items": 3000, "start": taken.units, "MB": 3}[workload.unit]
    assert taken.units == expected
    assert taken.cpu > 0
    assert taken.peak_mb > 5


def test_a_contender_that_fails_says_why(folder: Path, endpoint: NullEndpoint) -> None:
    with pytest.raises(ContenderError, match="nowhere"):
        sample("nowhere.contender", folder, endpoint.url, {}, None)


@pytest.mark.slow
def test_rows_are_the_same_in_every_format() -> None:
    row = dict(zip(inputs.COLUMNS, inputs.cells(20), strict=True))
    stored = inputs.item(20)
    assert row["name"] == stored["name"]["S"] == inputs.plain(20)["name"]
    assert float(stored["price"]["N"]) == inputs.plain(20)["price"]
    assert stored["active"] == {"BOOL": inputs.plain(20)["active"]}
    lines = list(inputs.csv_lines(20_000))[1:]
    assert 135 < sum(len(line.encode()) for line in lines) / len(lines) < 145
