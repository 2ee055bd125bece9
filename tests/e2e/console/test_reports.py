"""The reports, in a browser: one is run, its page is shown, and nothing that it holds runs."""

import re

from playwright.sync_api import expect

from sluice.putting import make_table

HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_report_is_run_by_a_click_and_its_page_is_shown_with_its_counts(served, opened):
    dynamodb = served.target.client("dynamodb")
    make_table(dynamodb, "RA_lenses")
    (key,) = (each["AttributeName"] for each in dynamodb.describe_table(TableName="RA_lenses")["Table"]["KeySchema"])
    dynamodb.put_item(TableName="RA_lenses", Item={key: {"S": "1"}, "name": {"S": HOSTILE}})
    page = opened()
    page.get_by_role("link", name="Reports").click()
    expect(page.locator("#counts-tables")).to_contain_text("It has not run yet")
    page.get_by_role("button", name="Run tables now").click()
    expect(page.locator("#notice")).to_contain_text("report/tables counted 1 Augmented Reality, 0 Virtual Reality")
    expect(page.get_by_role("row", name="RA_lenses")).to_contain_text("1")
    page.get_by_role("link", name="tables", exact=True).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text(HOSTILE)
    page.get_by_role("list").last.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"at=20\d\d-"))
    expect(page.frame_locator("iframe").locator("body")).to_contain_text(HOSTILE)


def test_a_page_that_somebody_put_in_place_of_a_report_runs_nothing_and_loads_nothing(served, browser):
    loaded, refused = list[str](), list[str]()
    evil = (
        "<title>in</title><script>parent.document.title = document.title = 'out'</script><img src='http://e.example/'>"
    )
    served.target.client("s3").put_object(
        Bucket=served.target["reports"]["tables"]["bucket_name"], Key="reports/latest.html", Body=evil.encode()
    )
    served.target.client("s3").put_object(
        Bucket=served.target["reports"]["tables"]["bucket_name"],
        Key="reports/latest.json",
        Body=f'{{"generated_at": "{HOSTILE}", "groups": {{}}}}'.encode(),
    )
    with browser.new_context() as context:
        page = context.new_page()
        page.on("requestfinished", lambda request: loaded.append(request.url))
        page.on(
            "requestfailed", lambda request: refused.append(request.failure) if "e.example" in request.url else None
        )
        page.goto(served.server.address)
        page.get_by_role("link", name="Reports").click()
        page.get_by_role("link", name="tables", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
        page.frame_locator("iframe").locator("img").wait_for(state="attached")
        frame = page.frame(url=re.compile(r"/page\?at="))
        assert frame is not None
        frame.wait_for_load_state()
        assert (frame.title(), "out" in page.title()) == ("in", False)
    assert refused == ["csp"]
    assert all(url.startswith((f"http://127.0.0.1:{served.server.port}/", "data:")) for url in loaded)
