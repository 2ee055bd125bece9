"""A headless Chromium that visits pages, and a server of pages that hears what their scripts tell."""

import http.server
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_PATIENCE_SECONDS = 60


def chromium() -> str:
    """The browser; a test that needs it is skipped where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("there is no Chromium here: install Debian's package chromium")
    return found


@contextmanager
def visiting(address: str) -> Iterator[None]:
    """Opens an address as if it had been typed, and keeps it open; every name ends at this machine."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            *(chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio"),
            f"--user-data-dir={profile}",
            "--host-resolver-rules=MAP * 127.0.0.1",
            "--remote-debugging-port=0",  # without it a headless browser ends once the page is there
            # The newest browsers ask before a page may reach this machine; the developer's may be older, or say yes.
            "--disable-features=LocalNetworkAccessChecks",
            address,
        ]
        browser = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()


class Pages:
    """A server of pages, on a port of its own; a script tells something by posting it to `/tell`."""

    def __init__(self) -> None:
        self.told: queue.Queue[Any] = queue.Queue()
        self.pages: dict[str, str | Callable[[http.server.BaseHTTPRequestHandler], None]] = {}
        """Path -> the page, or what answers."""
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.pages.get(self.path, "")
                if callable(page):
                    page(self)
                    return
                self._answer(page)

            def do_POST(self) -> None:
                pages.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer("")

            def _answer(self, page: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page.encode())))
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is http.server's
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "Pages":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def heard(self) -> Any:
        """What a script tells next."""
        return self.told.get(timeout=_PATIENCE_SECONDS)
