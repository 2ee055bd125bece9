"""The outbox, in a browser: mails as readers show them, and hostile ones that run and load nothing."""

import re
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from sluice.pipelines import pipelines
from sluice.putting import put_users
from tests.e2e.browser import chromium

HOSTILE = (
    "<script>parent.document.title = 'owned'</script><img src=x onerror=\"parent.document.title = 'owned'\">"
    "<img src='{elsewhere}/opened.png'><meta http-equiv='refresh' content='0;url={elsewhere}/refresh'>"
    "<base href='{elsewhere}/'><link rel=stylesheet href='{elsewhere}/a.css'><link rel=preconnect href='{elsewhere}'>"
    "<style>@import '{elsewhere}/b.css'; h1 {{ color: rgb(1, 2, 3); background: url({elsewhere}/c.png) }}</style>"
    "<form action='{elsewhere}/form'><button>Send</button></form><h1>Hostile</h1>"
    "<a href='{elsewhere}/link' target='_top'>Top</a> <a href='{elsewhere}/link'>Within</a>"
)
NAME = "<img src=x onerror=alert(1)>"


def send(served, subject: str, text: str, html: str, to: str = "ada@example.com") -> None:
    """Sends a mail as anybody may who has the emulator's keys."""
    body = {"Text": {"Data": text}, "Html": {"Data": html}}
    served.target.client("sesv2").send_email(
        FromEmailAddress="no-reply@example.com",
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": body}},
    )


def background(page: Page) -> str:
    """The colour behind a mail of our templates."""
    return (
        page.frame_locator("iframe").locator(".page").first.evaluate("each => getComputedStyle(each).backgroundColor")
    )


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A server of somebody else, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_a_mail_is_found_and_looked_at_wide_and_on_a_phone(served, opened):
    page = opened()
    page.get_by_role("link", name="Outbox").click()
    expect(page.locator("#mails")).to_contain_text("No mail has been sent yet")
    put_users(pipelines(served.target, "streams")[0])
    served.stack.wait_idle()
    expect(page.locator("#mails tbody tr")).to_have_count(7)
    page.get_by_label("Search").fill("LACHLANN chaluim")
    page.get_by_label("Template").select_option(label="welcome")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#mails tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Hello Lachlann MacGille Chaluim, and welcome").click()
    wide = page.locator("iframe").bounding_box()
    page.get_by_role("link", name="Phone").click()
    expect(page.locator("iframe")).to_have_class(re.compile("light phone"))
    narrow = page.locator("iframe").bounding_box()
    assert wide is not None
    assert narrow is not None
    assert (narrow["width"], wide["width"] > 600) == (375, True)
    page.get_by_role("link", name="Text").click()
    expect(page.locator("pre")).to_contain_text("Hello Lachlann MacGille Chaluim")
    page.get_by_role("link", name="Headers").click()
    expect(page.get_by_role("row", name=re.compile("^To"))).to_contain_text("lachlann@example.com")


@pytest.mark.parametrize("own", ["light", "dark"])
def test_light_and_dark_are_chosen_whatever_the_readers_own_setting_is(served, browser: Browser, own):
    """What Playwright emulates overrides the frame's: here the browser's own setting counts."""
    served.target.client("sesv2").send_bulk_email(
        FromEmailAddress="no-reply@example.com",
        DefaultContent={"Template": {"TemplateName": "sluice-local-mail-welcome", "TemplateData": '{"name":""}'}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": [f"{own}@example.com"]}}],
    )
    options = ["--force-dark-mode"] if own == "dark" else []
    with browser.browser_type.launch(executable_path=chromium(), args=["--no-sandbox", *options]) as another:
        page = another.new_context(color_scheme="null").new_page()
        page.goto(served.server.address)
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (own == "dark")
        page.get_by_role("link", name="Outbox").click()
        page.get_by_role("row", name=f"{own}@example.com").get_by_role("link").click()
        assert background(page) == "rgb(242, 244, 247)"
        page.get_by_role("link", name="Dark").click()
        expect(page.get_by_role("link", name="Dark")).to_have_attribute("aria-current", "true")
        assert background(page) == "rgb(20, 22, 26)"


def test_a_hostile_mail_runs_and_loads_nothing(served, browser: Browser, elsewhere):
    place, asked = elsewhere
    send(served, NAME, NAME, HOSTILE.format(elsewhere=place))
    with browser.new_context() as context:
        page = context.new_page()
        page.on("dialog", lambda dialog: asked.append(dialog.message))
        page.goto(served.server.address)
        page.get_by_role("link", name="Outbox").click()
        page.get_by_role("link", name=NAME).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", name="Hostile")).to_have_css("color", "rgb(1, 2, 3)")
        frame.get_by_role("button", name="Send").click()
        frame.get_by_role("link", name="Top").click()
        frame.get_by_role("link", name="Within").click()
        page.wait_for_timeout(500)  # for what must not happen
        page.get_by_role("link", name="Text").click()
        expect(page.locator("pre")).to_have_text(NAME)
        assert "owned" not in page.title()
    assert asked == []


def test_the_html_of_a_mail_opened_by_itself_has_no_rights_either(served, browser: Browser, elsewhere):
    place, asked = elsewhere
    send(served, "by itself", "", HOSTILE.format(elsewhere=place))
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(served.server.address)
        page.get_by_role("link", name="Outbox").click()
        page.get_by_role("link", name="by itself").click()
        address = page.locator("iframe").get_attribute("src")
        answer = page.goto(urllib.parse.urljoin(page.url, address))
        assert answer is not None
        policy = answer.headers["content-security-policy"].split("; ")
        assert {"sandbox", "default-src 'none'", "form-action 'none'", "base-uri 'none'"} <= set(policy)
        assert (page.title(), page.evaluate("origin")) == ("", "null")
        page.wait_for_timeout(500)  # for what must not happen
    assert asked == []
