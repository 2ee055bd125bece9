import json
import webbrowser

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
    monkeypatch.setattr(webbrowser, "open", lambda _: True)
    running = state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {}, "token")
    monkeypatch.setattr(target, "chosen", lambda _stack: running)
    return lambda *mails: monkeypatch.setattr(outbox, "mails", lambda _endpoint, _token: list(mails))


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, arguments)


def test_mails_are_shown_a_line_each(sent):
    sent(MAIL)
    assert sluice("outbox").stdout == (
        "mail  sent                           to                                subject\n"
        "1     2026-11-21T10:00:00.000+00:00  ada@example.com, bob@example.com  Hello [Ada]\n"
        "1 mail sent.\n"
    )


def test_mails_as_json_are_all_that_is_printed(sent):
    sent(MAIL)
    result = sluice("outbox", "--json")
    assert (json.loads(result.stdout), result.stderr) == ([MAIL], "")


@pytest.mark.parametrize(("asked", "shown"), [(["--open"], "mail-2.html"), (["--open", "1"], "mail-1.html")])
def test_a_mail_is_opened_the_last_or_the_one_that_is_named(sent, checkout, asked, shown):
    sent({**MAIL, "text": "first <b>"}, MAIL)
    result = sluice("outbox", *asked)
    path = checkout / ".sluice/pages" / shown
    assert result.stderr == f"Mail {shown[5]} is in your browser: {path}\n"
    content = path.read_text()
    assert "<dd>ada@example.com, bob@example.com</dd>" in content
    assert 'srcdoc="&lt;p&gt;"' in content
    assert ("first &lt;b&gt;" in content) == (shown == "mail-1.html")


@pytest.mark.parametrize("asked", [["--open"], ["--open", "1"]])
def test_a_mail_that_is_not_there_cannot_be_opened(sent, checkout, asked):
    sent()
    result = sluice("outbox", *asked)
    assert result.exit_code == 1
    assert "to open: 0 mails sent" in result.stderr
    assert not (checkout / ".sluice").exists()
