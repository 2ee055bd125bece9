import json

import pytest
from click.testing import CliRunner

from sluice import cli, state, target
from sluice.cloud.emulator import outbox

MAIL = {
    "to": ["ada@example.com", "bob@example.com"],
    "from": "no-reply@example.com",
    "subject": "Hello [Ada]",
    "text": "text",
    "html": "<p>",
    "sent_at": "2026-11-21T10:00:00.000+00:00",
}


@pytest.fixture
def sent(monkeypatch):
    """`sent(mails)`: a cloud that seems to run, and took these."""
    running = state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {}, "token")
    monkeypatch.setattr(target, "chosen", lambda _stack: running)
    return lambda *mails: monkeypatch.setattr(outbox, "mails", lambda _endpoint, _token: list(mails))


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, arguments)


def test_mails_are_shown_a_line_each(sent):
    sent(MAIL)
    assert sluice("outbox").stdout == (
        "2026-11-21T10:00:00.000+00:00  ada@example.com, bob@example.com  Hello [Ada]\n1 mail sent.\n"
    )


def test_mails_as_json_are_all_that_is_printed(sent):
    sent(MAIL)
    result = sluice("outbox", "--json")
    assert (json.loads(result.stdout), result.stderr) == ([MAIL], "")
