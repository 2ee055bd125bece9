"""A million mutated CSV, TSV and JSON files against the plain readers of tests/handlers/importer/reading."""

import os
import random
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.handlers.importer.reading import test_reference_csv as csv
from tests.handlers.importer.reading import test_reference_json as json

_LOT = 2_500
"""Files that a process reads before it says how much memory it has had."""
_GROWTH_KIB = 8 << 10
"""Of a process from its first lot to its last: what an allocator does, not what a leak does."""


def read_csv(source: random.Random) -> None:
    csv.check(*csv.mutated(source), csv.a_reading(source))


def read_json(source: random.Random) -> None:
    data = json.mutated(source)
    try:
        json.check_all(data, [source.choice(json.PIECES)])
    except Exception as error:
        raise AssertionError(repr(data)) from error


def lot(read: Callable[[random.Random], None], seed: int, count: int) -> tuple[int, int]:
    """Reads so many files; the process, and the most memory it has had, in KiB."""
    source = random.Random(seed)
    for _ in range(count):
        read(source)
    return os.getpid(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize(("read", "lots"), [(read_csv, 300), (read_json, 100)], ids=["CSV and TSV", "JSON"])
def test_mutated_files_are_read_as_the_plain_reader_does(read, lots, promised, full):
    lots, count = (lots, _LOT) if full else (4, 50)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        told = list(pool.map(lot, [read] * lots, range(lots), [count] * lots))
    kind = "CSV and TSV" if read is read_csv else "JSON"
    promised(f"mutated {kind} files are read as the plain reader does", cases=lots * count)
    peaks: dict[int, list[int]] = {}
    for process, peak in told:
        peaks.setdefault(process, []).append(peak)
    assert max(held[-1] - held[0] for held in peaks.values()) < _GROWTH_KIB
