"""The imports, in a browser: a file is tried, sent, and its rejects are found; then it is imported again."""

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sluice.ledger import entries
from sluice.pipelines import pipelines

HOSTILE = "<img src=x onerror=alert(1)>"
CONTENT = f"id,name\n1,{HOSTILE}\n,{HOSTILE}\n3,three,{HOSTILE}\n"


def dropped(page, name, content):
    """Drops a file on the page, as a person does with a mouse."""
    data = page.evaluate_handle(
        "([name, text]) => { const held = new DataTransfer(); held.items.add(new File([text], name)); return held; }",
        [name, content],
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": data})


@pytest.fixture
def page(opened):
    page = opened()
    page.get_by_role("link", name="Imports").click()
    page.locator(".drop").wait_for()
    page.wait_for_load_state()  # the script hears of files from then on
    return page


def test_a_file_with_bad_rows_is_tried_then_sent_and_its_rejects_are_found(served, page):
    name = f"{HOSTILE}.csv"
    dropped(page, name, CONTENT)
    trial = page.locator("#trial")
    expect(trial).to_contain_text("1 would be written, 2 rejected.", timeout=120_000)  # it runs the program
    expect(trial).to_contain_text("id S, name S")
    expect(trial.get_by_role("table").first.locator("tbody tr")).to_have_count(2)
    assert entries(pipelines(served.target, "imports")) == []  # nothing was sent
    trial.get_by_role("button", name="Import it into").click()
    expect(page.locator("#notice")).to_contain_text("was sent")
    row = page.locator("#ledger tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("PARTIAL")
    page.get_by_role("link", name=f"incoming/{name}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"incoming/{name}")
    rejects = page.locator("#rejects tbody tr")
    expect(rejects).to_have_count(2)
    expect(rejects.first).to_contain_text("3")
    expect(rejects.first).to_contain_text(HOSTILE)
    (before,) = entries(pipelines(served.target, "imports"))
    page.get_by_role("button", name="Import again").click()
    expect(page.locator("#notice")).to_contain_text("is being imported again")
    until = time.monotonic() + 30
    while entries(pipelines(served.target, "imports"))[0]["started_at"] == before["started_at"]:
        assert time.monotonic() < until
        time.sleep(0.2)


def test_a_file_that_waits_is_replaced_by_the_next_and_what_cannot_be_read_is_not_sent(served, page):
    dropped(page, "first.avro", "Obj")
    expect(page.locator("#trial h2")).to_have_text("first.avro")
    dropped(page, "table.parquet", "PAR1")
    expect(page.locator("#trial .problem")).to_contain_text("parquet files are not imported")
    expect(page.locator("#trial button")).to_have_count(0)
    (folder,) = (Path(kept.path).parent.parent for kept in served.console.drafts._kept.values())
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["table.parquet"]
    assert os.stat(folder).st_mode & 0o077 == 0
