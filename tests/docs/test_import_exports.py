"""The table of `docs/import.md` that says which settings read what programs export."""

import re
from typing import NamedTuple

import pytest
import yaml

from handlers.importer.queue.companions import is_companion
from handlers.importer.reading.format import Format
from infra.import_defaults import IGNORE
from infra.import_format import checked_fields
from infra.settings import load
from tests.docs.export_samples import MORE, SAMPLES, SKIPPED, STORED
from tests.docs.markdown import ROOT
from tests.handlers.importer.conftest import read_file

PAGE = (ROOT / "docs/import.md").read_text()
REQUIRED = {"aws:region": "eu-north-1"}


class Export(NamedTuple):
    exported_by: str
    file: str
    settings: list[dict]
    companions: list[str]


def exports() -> list[Export]:
    """The lines of the table; a pipe in one of its cells stands behind a backslash."""
    table = PAGE.partition("| exported by | file |")[2].partition("\n\n")[0]
    found = []
    for line in table.splitlines()[2:]:
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        coded = [re.findall(r"`([^`]+)`", cell) for cell in cells]
        settings = [yaml.safe_load(text) for text in coded[2] if text.startswith("{")]
        found.append(Export(cells[0], coded[1][0], settings, coded[3]))
    return found


EXPORTS = exports()


def test_each_line_has_a_sample() -> None:
    assert [export.exported_by for export in EXPORTS] == list(SAMPLES)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.exported_by)
def test_what_programs_export_is_read(export: Export) -> None:
    name = export.exported_by
    wanted = [{**item, **more} for item, more in zip(STORED, MORE.get(name, [{}, {}]), strict=True)]
    assert export.settings
    for said in export.settings:
        format_ = load({**REQUIRED, "sluice:imports": {"items": {"format": said}}}, "dev").imports["items"].format
        found = read_file(export.file, SAMPLES[name], settings=Format(**checked_fields(format_.args())))
        assert (found.stored, found.rejects, found.skipped) == (wanted, [], SKIPPED.get(name, 0))


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.exported_by)
def test_what_lies_beside_it_is_ignored_and_the_file_is_not(export: Export) -> None:
    assert not is_companion(f"export/{export.file}", IGNORE)
    assert [name for name in export.companions if not is_companion(f"export/{name}", IGNORE)] == []
