import re
import stat
import webbrowser
from html import unescape

import pytest

from sluice import state
from sluice.pages import folder_of, open_page, page
from sluice.target import Target

HOSTILE = '<script>alert(1)</script><img src="https://example.com/x.png"><form action="https://example.com">'


@pytest.fixture
def opened(monkeypatch):
    """The addresses that the browser was to show."""
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    return opened


def test_a_document_is_in_a_frame_without_rights_below_a_policy_that_lets_nothing_in():
    made = page("x", HOSTILE)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', made)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    (frame,) = re.findall(r"<iframe [^>]*>", made)
    assert frame.startswith('<iframe sandbox title="x" srcdoc="')
    assert unescape(frame.partition('srcdoc="')[2].removesuffix('">')) == HOSTILE
    assert made.index("Content-Security-Policy") < made.index("<title>")


@pytest.mark.parametrize("where", ["title", "facts", "text"])
def test_what_stands_beside_the_document_is_text(where):
    given = {"title": "x", "facts": {}, "text": ""} | {where: {"To": HOSTILE} if where == "facts" else HOSTILE}
    made = page(html="<p>", **given)
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;alert(1)" in made


def test_a_page_is_for_its_owner_alone_and_follows_no_link(opened, tmp_path):
    folder = tmp_path / "a" / "pages"
    open_page(folder, "x.html", "older")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (folder / "x.html").unlink()
    (folder / "x.html").symlink_to(victim)
    path, is_shown = open_page(folder, "x.html", "newer \ud800")
    assert (path.read_text(), is_shown) == ("newer \\ud800", True)
    assert victim.read_text() == "mine"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, path)] == [0o700, 0o600]
    assert opened[-1] == path.as_uri()


def test_where_there_is_no_browser_the_page_is_there_nevertheless(monkeypatch, tmp_path):
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    path, is_shown = open_page(tmp_path, "x.html", "x")
    assert (path.read_text(), is_shown) == ("x", False)


def test_pages_of_a_running_stack_lie_in_its_folder_those_of_aws_in_the_checkouts(checkout):
    with state.hold(checkout, "local"):
        state.publish(checkout, state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {}))
        assert folder_of(Target({}, "http://127.0.0.1:4566")) == checkout / ".sluice/local/pages"
        assert folder_of(Target({})) == checkout / ".sluice/pages"
