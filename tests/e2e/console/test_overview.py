"""The overview, in a browser."""

import re

from playwright.sync_api import expect


def test_samples_are_seen_on_their_way(opened):
    page = opened()
    page.get_by_role("button", name="Put samples").click()
    users = page.get_by_role("article", name="stream users")
    expect(users.locator(".edge").nth(1)).to_have_text("10 changes")
    expect(users.locator(".edge").nth(3)).to_have_text("7 mails")
    expect(page.get_by_role("article", name="import items").locator(".edge").nth(2)).to_have_text("12 rows")
    expect(page.locator("#events")).to_contain_text(re.compile(r"users/notifier.*records? in \d+ ms"))
    expect(page.locator("#notice")).to_contain_text("Put 9 users, 3 of whom nobody can mail, into stream/users")


def test_functions_are_led_to_with_their_logs(opened):
    page = opened()
    page.get_by_role("link", name="importer").click()
    page.get_by_role("link", name="items/importer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("items/importer")
