from pathlib import Path

import pytest

from benchmarks.comparison import Ratio
from benchmarks.measure import ROOT
from benchmarks.revision import Revision, RevisionError, checked_out
from benchmarks.workloads import WORKLOADS


def test_the_interval_of_fifteen_pairs_leaves_out_three_on_each_side() -> None:
    assert Ratio.of([float(number) for number in range(15, 0, -1)]) == (8.0, 4.0, 12.0)


def test_six_pairs_are_the_fewest_with_an_interval_and_fewer_have_their_extremes() -> None:
    assert Ratio.of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == (3.5, 1.0, 6.0)
    assert Ratio.of([2.0, 1.0]) == (1.5, 1.0, 2.0)


def test_a_revision_says_how_each_workload_is_run() -> None:
    revision = Revision.of(ROOT)
    assert revision.functions.keys() >= {workload.title for workload in WORKLOADS}
    assert all(revision.archives[handler].is_dir() for _, handler in revision.functions.values())


def test_a_commit_that_does_not_exist_is_named() -> None:
    with pytest.raises(RevisionError, match="'nowhere'"), checked_out("nowhere"):
        pass


def test_a_folder_that_cannot_say_how_it_is_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match=str(tmp_path)):
        Revision.of(tmp_path)
