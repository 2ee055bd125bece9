import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sluice.cloud.emulator.outbox import mails


def sent(subject: str, timestamp: float, **others: object) -> dict[str, object]:
    plain = {"To": ["ada@example.com"], "CC": [], "BCC": [], "BodyText": "text", "BodyHtml": "<p>html"}
    return {"Source": "no-reply@example.com", "Subject": subject, "Timestamp": timestamp, **plain, **others}


MESSAGES = {
    "000000000000": [sent("third", 3.5), sent("first", 1.0, CC=["b@example.com"], BCC=["c@example.com"])],
    "111111111111": [sent("second", 2.0, BodyHtml=None)],
}


@pytest.fixture
def endpoint() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = (self.path, self.headers["X-Sluice-Token"])
            self.send_response(200 if asked == ("/_ministack/ses/messages", "its token") else 403)
            self.end_headers()
            self.wfile.write(json.dumps({"messages": MESSAGES}).encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_mails_are_in_the_order_in_which_they_went(endpoint):
    assert [mail["subject"] for mail in mails(endpoint, "its token")] == ["first", "second", "third"]


def test_a_mail_has_the_fields_of_the_contract(endpoint):
    assert mails(endpoint, "its token")[0] == {
        "to": ["ada@example.com", "b@example.com", "c@example.com"],
        "from": "no-reply@example.com",
        "subject": "first",
        "text": "text",
        "html": "<p>html",
        "sent_at": "1970-01-01T00:00:01.000Z",
    }


def test_a_part_that_a_mail_has_not_is_empty_text(endpoint):
    assert mails(endpoint, "its token")[1]["html"] == ""


def test_mails_after_the_first_so_many(endpoint):
    assert [mail["subject"] for mail in mails(endpoint, "its token", after=2)] == ["third"]
    assert mails(endpoint, "its token", after=3) == []


def test_a_proxy_that_the_environment_names_is_not_asked(endpoint, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert len(mails(endpoint, "its token")) == 3


def test_a_server_that_refuses_is_told(endpoint):
    with pytest.raises(OSError, match="answers 403"):
        mails(endpoint, "another token")
