"""The page of imports, asked as a browser asks; files are dropped in tests/e2e/console/test_imports.py."""

from datetime import UTC, datetime, timedelta

import pytest

from sluice.console.pages import imports
from sluice.console.pages.imports import _rate
from sluice.target import Target

ENTRY = {
    "object": "b/incoming/<b>.csv",
    "version": "v1",
    "status": "RUNNING",
    "rows_read": 100_000,
    "bytes_read": 200_000_000,
}


def test_the_rate_of_an_import_is_that_since_it_began_while_it_runs():
    began = (datetime.now(UTC) - timedelta(seconds=100)).isoformat()
    rows, megabytes = _rate({**ENTRY, "started_at": began}).removesuffix(" MB/s").split(" rows/s, ")
    assert int(rows.replace(",", "")) in range(950, 1001)
    assert 1.9 <= float(megabytes) <= 2.0
    assert _rate({**ENTRY, "started_at": began, "status": "SUCCEEDED"}) == ""
    assert _rate({**ENTRY, "started_at": datetime.now(UTC).isoformat()}) == ""


@pytest.fixture(scope="module")
def items(serve):
    """A console for a stack with an import, in which nothing can be reached."""
    target = Target({"imports": {"items": {"bucket_name": "b", "prefix": "incoming/"}}}, "http://127.0.0.1:9")
    return serve(target)


@pytest.fixture
def uploads(items, monkeypatch):
    """Sends a file as the page does, with the token of a page; the dry run answers at once."""
    monkeypatch.setattr(imports, "dry_run_apart", lambda *_: {"error": "tried"})
    token = items.read("tables").text.partition('data-token="')[2].partition('"')[0]

    def upload(name, **headers):
        return items.write(f"imports/drop/{name}", "id\n1\n", **({"X_Page_Token": token} | headers))

    return upload


def test_a_file_is_taken_from_our_page_alone(uploads):
    assert uploads("items?name=a.csv").status == 200
    assert uploads("items?name=a.csv", X_Page_Token="made up").status == 403
    assert uploads("items?name=a.csv", Origin="http://127.0.0.1:1").status == 403


def test_what_cannot_be_taken_is_told(uploads):
    assert uploads("items?name=..").status == 400
    answer = uploads("nowhere?name=a.csv")
    assert answer.status == 400
    assert "the stack has no import nowhere" in answer.text


def test_what_is_shown_of_a_stack_in_aws_changes_nothing(serve):
    reading = serve(Target({"region": "eu-north-1"}))
    for page in ("imports", "tables", "reports", "failures"):
        answer = reading.read(page)
        assert answer.status == 200
        assert 'method="post"' not in answer.text
        assert "data-drop" not in answer.text
    assert reading.write("failures/redrive", "which=all").status == 403
