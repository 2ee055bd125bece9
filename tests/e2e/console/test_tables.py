"""The tables, in a browser: items a page at a time, found by their key, and hostile ones are text."""

from playwright.sync_api import expect

HOSTILE = "<img src=x onerror=alert(1)>"


def test_items_are_shown_a_page_at_a_time_and_found_by_their_key(served, opened):
    (table,) = served.target["streams"]["users"]["tables"]
    dynamodb = served.target.client("dynamodb")
    for start in range(0, 120, 20):
        items = [
            {
                "userId": {"S": f"u-{number:03} {HOSTILE}"},
                "blob": {"B": b"12345"},
                "sum": {"N": "12345678901234567890.123"},
            }
            for number in range(start, start + 20)
        ]
        dynamodb.batch_write_item(RequestItems={table["name"]: [{"PutRequest": {"Item": item}} for item in items]})
    page = opened()
    page.get_by_role("link", name="Tables").click()
    page.get_by_role("link", name=table["name"], exact=True).click()
    rows, seen = page.locator("tbody tr"), list[str]()
    for count in (50, 50, 20):
        expect(rows).to_have_count(count)
        seen += [row.locator("td").first.text_content() or "" for row in rows.all()]
        if count == 50:
            page.get_by_role("link", name="Next").click()
            expect(rows.first).not_to_contain_text(seen[-count])
    assert sorted(seen) == [f"u-{number:03} {HOSTILE}" for number in range(120)]
    page.get_by_role("link", name="First").click()
    page.get_by_label("userId").fill(f"u-077 {HOSTILE}")
    page.get_by_role("button", name="Find").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("5 bytes")
    expect(rows).to_contain_text("12345678901234567890.123")
    page.get_by_label("userId").fill("nobody")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("main")).to_contain_text("No item has this key.")
