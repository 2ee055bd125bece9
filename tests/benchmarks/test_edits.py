import pytest

from benchmarks.edits import EDITS, GOALS, percentile
from sluice.cloud.program.execution import ROOT


@pytest.mark.parametrize(
    ("seconds", "p95"),
    [([float(n) for n in range(20, 0, -1)], 19.0), ([1.0], 1.0), ([2.0, 1.0, 3.0, 9.0], 9.0)],
    ids=["twenty", "one", "few"],
)
def test_the_95th_percentile_is_that_of_twenty_edits_but_one(seconds, p95):
    assert percentile(seconds) == p95


@pytest.mark.parametrize("kind", EDITS)
def test_what_is_edited_stands_in_its_file_and_each_round_differs(kind):
    edit = EDITS[kind]
    text = (ROOT / edit.file).read_text()
    assert edit.text in text
    rounds = {text.replace(edit.text, edit.template.format(number), 1) for number in range(20)}
    assert len(rounds | {text}) == 21


def test_each_kind_has_its_goal():
    assert EDITS.keys() == GOALS.keys()
