"""What tests of the console use: a stack with a console, and a real browser that looks at it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.program.execution import ROOT
from sluice.console.console import Console
from sluice.console.feed import Feed
from sluice.console.serving import Server
from sluice.pipelines import pipelines
from sluice.putting import put_files, put_poison, put_tables, put_users
from sluice.reports import run
from sluice.target import Target
from tests.e2e.browser import chromium

expect.set_options(timeout=30_000)  # a machine that runs the whole suite is slow, and retries take seconds


@dataclass
class Served:
    """A stack that runs, and its console."""

    stack: Stack
    console: Console
    server: Server

    @property
    def target(self) -> Target:
        return self.console.target


@contextmanager
def serving(program: Path = ROOT) -> Iterator[Served]:
    """A cloud of its own with the stack local in it, and a console for it."""
    feed = Feed()
    with EmbeddedCloud(on_event=feed.tell) as cloud:
        stack = cloud.deploy("local", root=program)
        target = Target(stack.outputs, cloud.endpoint, stack.cloud.region, cloud.server.token)
        console = Console("local", target, program, feed)
        with Server(console) as server:
            yield Served(stack, console, server)


def filled_with_samples(served: Served) -> Served:
    """A stack with samples in each pipeline, a file that fails, and a report."""
    target = served.target
    for stream in pipelines(target, "streams"):
        put_users(stream)
    for pipeline in pipelines(target, "imports"):
        put_files(pipeline, target.token)
        put_poison(pipeline, target.token)
    for report in pipelines(target, "reports"):
        list(put_tables(report))
        run(report)
    served.stack.wait_idle()
    return served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One for all tests of a module: each leaves to the others what they need."""
    with serving() as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window; no longer than a module, because Playwright's event loop keeps others out."""
    path = chromium()
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as one,
    ):
        yield one


@pytest.fixture
def opened(served: Served, browser: Browser) -> Iterator[Callable[..., Page]]:
    """`opened(**context)`: the console in a browser of its own, such as `opened(color_scheme="dark")`.

    At the end no page has had an error, and none has asked for anything elsewhere.
    """
    problems: list[str] = []
    with ExitStack() as contexts:

        def open_console(**options: Any) -> Page:
            context = browser.new_context(**options)
            contexts.callback(context.close)
            context.set_default_timeout(30_000)
            page = context.new_page()
            watch(page, served, problems)
            page.goto(served.server.address)
            return page

        yield open_console
    assert problems == []


def watch(page: Page, served: Served, problems: list[str]) -> None:
    """Notes what a page of the console must not do."""
    own = f"http://127.0.0.1:{served.server.port}/"
    page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((own, "data:")) else problems.append(asked.url))
