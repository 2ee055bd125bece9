"""`make screenshots`: photographs every page of the console, light and dark, wide and on a phone.

The stack has samples in it, a file and a record that fail, and a report.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from sluice.console.web.rendering import SECTIONS
from sluice.terminal import say
from tests.e2e.browser import chromium
from tests.e2e.console.conftest import filled_with_samples, serving

_VIEWS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}},
    "phone-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}
_SETTLED_MS = 1500
"""After so long a page shows what it asked for in the background."""


def main(folder: Path) -> None:
    """Writes `<page>-<view>.png` files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as served, sync_playwright() as playwright:
        filled_with_samples(served)
        with playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"]) as browser:
            for view, options in _VIEWS.items():
                context = browser.new_context(**options)
                page = context.new_page()
                page.goto(served.server.address)
                for name in _pages(page):
                    page.wait_for_timeout(_SETTLED_MS)
                    page.screenshot(path=folder / f"{name}-{view}.png", full_page=True)
                    say(f"{name}-{view}.png")
                context.close()


def _pages(page: Page) -> Iterator[str]:
    """Goes to each page, and to the first thing that it lists."""
    for section in SECTIONS:
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=section.title, exact=True).click()
        page.wait_for_load_state()
        yield section.route
        first = page.locator("main tbody a[href]:not([href^='?'])").first
        if section.route != "overview" and first.count():
            first.click()
            page.wait_for_load_state()
            yield f"{section.route}-one"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
