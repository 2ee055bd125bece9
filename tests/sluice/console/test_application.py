import click
import pytest
from botocore.exceptions import EndpointConnectionError

from sluice.console.pages import overview


def test_a_page_that_is_not_there_is_told_as_a_page(client):
    answer = client.read("nowhere")
    assert answer.status == 404
    assert "There is no such page." in answer.text


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (click.ClickException("the stack has no <topic>"), 400, "the stack has no &lt;topic&gt;"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), 502, "127.0.0.1:9"),
        (KeyError("<b>"), 500, "This page failed (KeyError: &#39;&lt;b&gt;&#39;); the cloud is still running."),
    ],
)
def test_what_cannot_be_shown_is_told_as_a_page(client, monkeypatch, error, status, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(overview, "_seen", fail)
    answer = client.read("")
    assert answer.status == status
    assert said in answer.text


def test_a_browser_keeps_style_and_script_and_no_page(client):
    static = client.read("static/console.css", Sec_Fetch_Site="same-origin")
    assert (static.status, static.headers["cache-control"]) == (200, "private, max-age=31536000, immutable")
    assert client.read("nowhere").headers["cache-control"] == "no-store"
