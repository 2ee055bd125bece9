"""Dry runs by a process of their own; what they find is in the tests of the command `import`."""

from pathlib import Path

from sluice.cloud.program.execution import ROOT
from sluice.dry_run import dry_run_apart


def test_a_file_is_tried_and_this_process_stays_where_it_is(tmp_path):
    file, before = tmp_path / "-<b>\u674e.csv", Path.cwd()
    file.write_text("id,name\n1,\u674e\n,nobody\n")
    result = dry_run_apart(file, "local", ROOT, "items")
    assert (result["items"], result["rejected"], result["keys"]) == (1, 1, ["id"])
    assert result["first_rejects"][0]["line"] == 3
    assert Path.cwd() == before


def test_why_a_file_cannot_be_tried_is_told(tmp_path):
    file = tmp_path / "a.csv"
    file.touch()
    assert "nowhere" in dry_run_apart(file, "nowhere", ROOT)["error"]
    assert "it has items" in dry_run_apart(file, "local", ROOT, "other")["error"]
