"""CHANGELOG.md has the form that it claims, and begins with the version that `sluice --version` tells."""

import re

from click.testing import CliRunner

from sluice.cli import cli
from tests.docs.markdown import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
VERSIONS = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)


def numbers(heading: str) -> tuple[int, ...]:
    return tuple(map(int, heading.partition(",")[0].split(".")))


def test_it_begins_with_the_version_that_the_command_tells() -> None:
    told = CliRunner().invoke(cli, ["--version"]).output
    assert told == f"sluice {VERSIONS[0].partition(',')[0]}\n"


def test_each_version_has_a_date_or_none_yet_and_the_newest_is_first() -> None:
    assert [
        heading for heading in VERSIONS if not re.fullmatch(r"[\d.]+, (\d{4}-\d\d-\d\d|(un|not )released)", heading)
    ] == []
    assert sorted(VERSIONS, key=numbers, reverse=True) == VERSIONS


def test_changes_of_a_version_are_in_order_of_their_kind() -> None:
    for version in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.*)$", version, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds]
