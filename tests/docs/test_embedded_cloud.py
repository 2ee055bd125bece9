"""docs/embedded-cloud.md lists what the embedded cloud can create, and nothing else."""

import pytest

from sluice.cloud.program.execution import ROOT
from tests.docs.types_page import rows

PAGE = ROOT / "docs" / "embedded-cloud.md"
HEAD = "| type | what | properties |\n|---|---|---|\n"


def test_the_page_lists_the_types_and_properties_that_can_be_created(request: pytest.FixtureRequest) -> None:
    before, _, listed = PAGE.read_text().partition(HEAD)
    made = "".join(f"{row}\n" for row in rows())
    if request.config.getoption("--snapshot"):
        PAGE.write_text(before + HEAD + made)
        return
    assert listed == made, "run `pytest tests/docs/test_embedded_cloud.py --snapshot`, and look at the difference"
