from benchmarks.capacity import CORE_MB, IMPORTER_MB, REPORTER_MB, STREAM_MB, capacities, seconds


def figures(workload: str, cpu: float, peak_mb: float = 50.0) -> dict:
    contender = {"contender": "w", "cpu_ms_per_1000": {"median": cpu}, "peak_mb": {"median": peak_mb}}
    return {"workload": workload, "contenders": [contender]}


def bears(workload: str, cpu: float, peak_mb: float = 50.0) -> str:
    (capacity,) = capacities([figures(workload, cpu, peak_mb)])
    return capacity.bears


def test_the_functions_have_the_sizes_that_are_reckoned_with(graph_of):
    reckoned = {
        "import-items-importer": IMPORTER_MB,
        "stream-users-archiver": STREAM_MB,
        "stream-users-notifier": STREAM_MB,
        "report-tables-reporter": REPORTER_MB,
    }
    prod = graph_of("prod")
    assert {name: prod.named(f"sluice-prod-{name}").inputs["memorySize"] for name in reckoned} == reckoned


def test_a_function_computes_on_its_part_of_a_core():
    assert seconds(10.0, 1000, CORE_MB) == 0.01
    assert seconds(10.0, 1000, CORE_MB // 4) > 0.04


def test_an_importer_is_as_large_as_a_new_table_s_writes_ask_for():
    assert bears("import CSV", 250.0).startswith(f"4,000 rows/s from {CORE_MB:,} MB on; ")
    assert bears("import CSV", 5.0).startswith("4,000 rows/s from 128 MB on; ")
    assert bears("import CSV", 251.0).startswith("4,000 rows/s at no size; ")
    assert bears("import CSV", 5.0, peak_mb=300.0).startswith("4,000 rows/s from 300 MB on; ")


def test_a_stream_s_function_bears_what_its_part_of_a_core_does():
    assert bears("stream records to mails", 100.0) == f"{10_000 * STREAM_MB / CORE_MB:,.0f} records/s in 256 MB"


def test_of_other_workloads_nothing_is_said():
    assert capacities([figures("cold start: notifier", 60_000.0)]) == []
