"""Each page, with something on it, for people who use it by keyboard, screen reader, on a phone or in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from sluice.console.web.rendering import SECTIONS
from tests.e2e.console.conftest import filled_with_samples

TITLES = [section.title for section in SECTIONS]
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def filled(served):
    """The stack with samples in it."""
    return filled_with_samples(served)


def go_to(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
    page.wait_for_load_state()


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people from using a page, and which elements it is about."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_from_using_a_page(filled, opened, scheme):
    page = opened(color_scheme=scheme)
    problems = {}
    for title in TITLES:
        go_to(page, title)
        problems[title] = serious(page)
        inner = page.locator("main :is(tbody, ul, ol) a[href]:not([href^='?'])").first
        if inner.count():
            inner.click()
            page.wait_for_load_state()
            problems[f"{title}, one"] = serious(page)
    assert {title: found for title, found in problems.items() if found} == {}


def test_a_phone_shows_all_of_each_page(filled, opened):
    page = opened(viewport=PHONE)
    wide = {}
    for title in TITLES:
        go_to(page, title)
        wide[title] = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert {title: pixels for title, pixels in wide.items() if pixels > 0} == {}


def test_the_keyboard_reaches_the_content_and_every_page(filled, opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for title in TITLES:
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).focus()
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        current = page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")
        assert current.inner_text() == title
        assert page.get_by_role("heading", level=1).count() == 1
