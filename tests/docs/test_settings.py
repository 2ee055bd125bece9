"""docs/settings.md has every setting of the models, and its example is a valid one."""

import pytest
import yaml

from infra.settings import load
from infra.settings.schema import pipelines
from tests.docs.markdown import ROOT, blocks
from tests.docs.settings_page import SECTIONS, page

PAGE = ROOT / "docs" / "settings.md"
HEAD = "be left out.\n\n"


def test_the_page_lists_the_settings_of_the_models(request: pytest.FixtureRequest) -> None:
    before, _, listed = PAGE.read_text().partition(HEAD)
    if request.config.getoption("--snapshot"):
        PAGE.write_text(before + HEAD + page())
        return
    assert listed == page(), "run `pytest tests/docs/test_settings.py --snapshot`, and look at the difference"


def test_no_part_of_the_settings_is_left_out() -> None:
    assert SECTIONS.keys() == pipelines()["$defs"].keys()


def test_the_example_is_valid() -> None:
    made, stack = [yaml.safe_load(block.body) for block in blocks(PAGE.read_text()) if block.info == "yaml"]
    settings = load(stack["config"], "dev", made)
    assert list(settings.streams) == ["users", "orders"]
    assert settings.reports["tables"].every == "rate(1 hour)"
