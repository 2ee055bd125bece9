"""Changes, in a browser: why somebody got no mail, the way of a change, and hostile values that run nothing."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from sluice.cloud.emulator import own_paths
from sluice.cloud.emulator.outbox import sent_mails
from sluice.cloud.program.execution import ROOT
from sluice.console.changes import notifiers
from sluice.console.console import Console
from sluice.console.feed import Feed
from sluice.console.serving import Server
from sluice.target import Target
from tests.clients import table
from tests.e2e.console.conftest import Served

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def users(served):
    """The table of users, with 300 of them."""
    place = table(served.target.endpoint, served.stack.output("streams.users.tables.0.name"))
    with place.batch_writer() as batch:
        for number in range(1, 301):
            email = {137: "", 211: "nobody", 250: "jõe@example.com"}.get(number, f"user{number}@example.com")
            batch.put_item(Item={"userId": f"u-{number:03d}", "name": f"Person {number:03d}", "email": email})
    served.stack.wait_idle(120)
    return place


def row(page: Page, key: str) -> Locator:
    return page.locator("#changes tbody tr").filter(has=page.get_by_role("link", name=key, exact=True))


def test_why_one_of_300_users_got_no_mail_is_found_by_three_clicks(users, opened):
    page = opened()
    page.get_by_role("link", name="Changes").click()
    page.get_by_label("Mail", exact=True).select_option("without a mail")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#changes tbody tr")).to_have_count(3)
    expect(row(page, "u-137")).to_contain_text("welcome: no address")
    expect(row(page, "u-211")).to_contain_text("welcome: malformed address")
    expect(row(page, "u-250")).to_contain_text("welcome: local part outside ascii")
    page.get_by_role("link", name="u-211").click()
    expect(page.locator("#mails")).to_contain_text("The address is not a valid mail address: email is “nobody”.")


def test_somebody_is_found_by_name_and_a_change_leads_to_its_mail_and_back(users, opened):
    page = opened(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page.get_by_role("link", name="Changes").click()
    page.get_by_label("Search").fill("person 042")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#changes tbody tr")).to_have_count(1)
    expect(row(page, "u-042")).to_contain_text("welcome: sent")
    page.get_by_role("link", name="u-042").click()
    expect(page.locator("#mails")).to_contain_text("Sent to user42@example.com.")
    expect(page.locator("#mails")).to_contain_text("The rule is about MODIFY, and this is INSERT.")
    for who in ("archive", "users/archiver", "users/notifier", "mail"):
        expect(page.locator("#way").get_by_role("rowheader", name=who, exact=True)).to_have_count(1)
    expect(page.locator("#archive")).to_contain_text('"userId": "u-042"')
    page.get_by_role("link", name=re.compile("See mail")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Person 042, and welcome")
    page.get_by_role("link", name="INSERT u-042").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("u-042")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_modification_is_shown_as_a_difference_as_it_happens(users, served, opened):
    page = opened()
    page.get_by_role("link", name="Changes").click()
    page.get_by_label("Event").select_option("MODIFY")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#changes")).to_contain_text("No change matches")
    users.update_item(
        Key={"userId": "u-001"},
        UpdateExpression="SET #name = :name, city = :city",
        ExpressionAttributeNames={"#name": "name"},
        ExpressionAttributeValues={":name": "Renamed", ":city": "Riga"},
    )
    expect(row(page, "u-001")).to_contain_text("profile-changed: sent", timeout=30_000)
    page.get_by_role("link", name="u-001").click()
    expect(page.locator("tr.changed")).to_have_text(re.compile(r"name\s+changed\s*Person 001\s*Renamed"))
    expect(page.locator("tr.added")).to_have_text(re.compile(r"city\s+added\s*Riga"))
    expect(page.locator("#way")).to_contain_text("users/archiver is not invoked: its mapping's filter skips MODIFY")
    expect(page.locator("#archive")).to_contain_text("It is not in the archive")


def test_an_event_that_is_sent_again_mails_nobody_twice(users, served, opened):
    page = opened()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Changes").click()
    page.get_by_label("Search").fill("u-100")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="u-100").click()
    before, _ = sent_mails(served.target.endpoint, served.target.token, after=0, most=0)
    page.get_by_role("button", name="Send the event again").click()
    expect(page.locator("#notice")).to_contain_text("users/archiver: done. users/notifier: done.", timeout=30_000)
    expect(page.locator("#notice")).to_contain_text("no mail went: what was sent before is not sent twice")
    assert sent_mails(served.target.endpoint, served.target.token, after=0, most=0)[0] == before


def test_hostile_values_are_shown_and_run_nothing(users, served, opened):
    users.put_item(Item={"userId": HOSTILE, "name": HOSTILE, "email": HOSTILE, HOSTILE: HOSTILE})
    page = opened()
    page.get_by_role("link", name="Changes").click()
    page.get_by_label("Search").fill("document.title")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=HOSTILE).click(timeout=30_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    expect(page.locator("#mails")).to_contain_text(f"email is “{HOSTILE}”")
    page.locator("#record summary").click()
    expect(page.locator("#record pre")).to_contain_text("onerror")
    assert "owned" not in page.title().replace(HOSTILE, "")
    assert page.locator("main img, main script").count() == 0


def test_whom_the_settings_keep_from_being_mailed_is_told(users, served, opened):
    function = served.stack.output("streams.users.notifier_function_name")
    lambda_ = served.target.client("lambda")
    variables = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    only = {"Variables": {**variables, "MAIL_ONLY_TO": '["example.com"]'}}
    lambda_.update_function_configuration(FunctionName=function, Environment=only)
    try:
        users.put_item(Item={"userId": "u-999", "name": "Outsider", "email": "outsider@example.org"})
        served.stack.wait_idle(60)
        page = opened()
        page.get_by_role("link", name="Changes").click()
        page.get_by_label("Search").fill("outsider")
        page.get_by_role("button", name="Show").click()
        expect(row(page, "u-999")).to_contain_text("welcome: not allowed", timeout=30_000)
        page.get_by_role("link", name="u-999").click()
        expect(page.locator("#mails")).to_contain_text("The setting mail.onlyTo does not allow it: email is “outsider@")
    finally:
        lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": variables})


class InAws(Target):
    """The same stack as one in AWS is looked at: by its outputs, and never by a stream."""

    def __init__(self, served: Served) -> None:
        super().__init__(served.target.outputs, None, served.target.region)
        self._served = served

    def client(self, service: str) -> Any:
        assert service != "dynamodbstreams"
        return self._served.target.client(service)


def test_of_a_stack_in_aws_changes_come_from_its_archive_and_nothing_can_be_done(users, served, browser, monkeypatch):
    def code(_target: Target, place: str) -> bytes:
        return own_paths.read(served.target.endpoint, urlsplit(place).path, served.target.token)

    monkeypatch.setattr(notifiers, "_content", code)
    console = Console("dev", InAws(served), ROOT, Feed())
    with Server(console) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.address)
        page.get_by_role("link", name="Changes").click()
        expect(row(page, "u-211")).to_contain_text("welcome: malformed address", timeout=30_000)
        expect(page.locator("#changes")).not_to_contain_text("MODIFY")
        page.get_by_label("Search").fill("u-042")
        page.get_by_role("button", name="Show").click()
        expect(row(page, "u-042")).to_contain_text("welcome: asked for")
        page.get_by_role("link", name="u-042").click()
        expect(page.locator("#mails")).to_contain_text("Sent to user42@example.com.")
        expect(page.locator("#mails")).to_contain_text("By today's rules")
        expect(page.locator("#archive")).to_contain_text('"userId": "u-042"')
        expect(page.get_by_role("button", name="Send the event again")).to_have_count(0)
        page.get_by_role("link", name="Outbox").click()
        expect(page.locator("main")).to_contain_text("There is no outbox in AWS")
