import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.emulator.outbox import mails, sent_mails


def sent(subject: str, timestamp: float, **others: object) -> dict[str, object]:
    plain = {
        "MessageId": "1",
        "To": ["ada@example.com"],
        "CC": [],
        "BCC": [],
        "BodyText": "text",
        "BodyHtml": "<p>html",
    }
    return {"Source": "no-reply@example.com", "Subject": subject, "Timestamp": timestamp, **plain, **others}


MESSAGES = [
    sent("first", 1.0, CC=["b@example.com"], BCC=["c@example.com"]),
    sent("second", 2.0, BodyHtml=None),
    sent("third", 3.5),
]


@pytest.fixture
def asked() -> list[tuple[int, int]]:
    """After which mail the next were asked for, and how many, each time."""
    return []


@pytest.fixture
def endpoint(asked: list[tuple[int, int]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            after, most = int(query["after"][0]), int(query["most"][0])
            asked.append((after, most))
            is_asked_well = (path, self.headers["X-Sluice-Token"]) == ("/_sluice/outbox", "its token")
            self.send_response(200 if is_asked_well else 403)
            self.end_headers()
            answer = {"total": len(MESSAGES), "mails": MESSAGES[after : after + min(most, 2)]}
            self.wfile.write(json.dumps(answer).encode())

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


def test_mails_after_the_first_so_many(endpoint, asked):
    assert [mail["subject"] for mail in mails(endpoint, "its token", after=2)] == ["third"]
    assert mails(endpoint, "its token", after=3) == []
    assert [after for after, _ in asked] == [2, 3]


def test_all_mails_come_in_pieces(endpoint, asked):
    assert len(mails(endpoint, "its token")) == 3
    assert [after for after, _ in asked] == [0, 2]


def test_a_piece_has_numbers_and_tells_how_many_there_are(endpoint):
    total, (second,) = sent_mails(endpoint, "its token", after=1, most=1)
    assert (total, second.number, second.mail["subject"]) == (3, 2, "second")


def test_a_proxy_that_the_environment_names_is_not_asked(endpoint, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert len(mails(endpoint, "its token")) == 3


def test_a_server_that_refuses_is_told(endpoint):
    with pytest.raises(OSError, match="answers 403"):
        mails(endpoint, "another token")


def client(cloud: EmbeddedCloud, service: str, region: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    session: Any = boto3.Session()
    return session.client(service, endpoint_url=cloud.endpoint, region_name=region, **keys)


def test_the_emulator_tells_mails_of_all_kinds_and_regions_in_the_order_in_which_they_went(embedded_cloud):
    before, _ = sent_mails(embedded_cloud.endpoint, embedded_cloud.server.token, after=0, most=0)
    for region in ("eu-north-1", "eu-west-1"):
        client(embedded_cloud, "ses", region).verify_email_identity(EmailAddress="outbox@example.com")
    plain = {"Subject": {"Data": "plain"}, "Body": {"Text": {"Data": "text"}}}
    client(embedded_cloud, "ses", "eu-west-1").send_email(
        Source="outbox@example.com", Destination={"ToAddresses": ["ada@example.com"]}, Message=plain
    )
    mailer = client(embedded_cloud, "sesv2", "eu-north-1")
    content = {"Subject": "Hello {{name}}", "Text": "text", "Html": "<p>{{name}}"}
    mailer.create_email_template(TemplateName="outbox-hello", TemplateContent=content)
    mailer.send_bulk_email(
        FromEmailAddress="outbox@example.com",
        DefaultContent={"Template": {"TemplateName": "outbox-hello", "TemplateData": "{}"}},
        BulkEmailEntries=[
            {
                "Destination": {"ToAddresses": [to]},
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": to})}
                },
            }
            for to in ("a@example.com", "b@example.com")
        ],
    )
    total, sent = sent_mails(embedded_cloud.endpoint, embedded_cloud.server.token, after=before, most=2)
    assert total == before + 3
    assert [each.number for each in sent] == [before + 1, before + 2]
    assert [each.mail["subject"] for each in sent] == ["plain", "Hello a@example.com"]
    assert (sent[1].template, sent[1].data) == ("outbox-hello", '{"name": "a@example.com"}')
    assert sent[0].template == ""
    _, (brief,) = sent_mails(embedded_cloud.endpoint, embedded_cloud.server.token, after=before + 1, most=1, html=False)
    assert (brief.mail["html"], brief.mail["text"]) == ("", "text")
    assert sent[1].mail["html"] == "<p>a@example.com"
