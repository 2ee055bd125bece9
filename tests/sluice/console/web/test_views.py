from types import SimpleNamespace
from typing import Any

from sluice.console.web.views import view_of


def view(**asked: str) -> Any:
    request: Any = SimpleNamespace(query_params=asked)
    return view_of(request)


def test_what_is_asked_for_or_the_usual():
    assert (view().look, view().width) == ("light", "desktop")
    assert (view(look="dark", width="phone").look, view(look="dark", width="phone").width) == ("dark", "phone")
    assert (view(look="<b>", width="").look, view(look="<b>").width) == ("light", "desktop")


def test_one_choice_keeps_the_others():
    choices = dict(view(part="HTML", look="dark", notice="3").choices)
    assert choices["Width"] == [
        ("desktop", "?part=HTML&look=dark&width=desktop", True),
        ("phone", "?part=HTML&look=dark&width=phone", False),
    ]
    assert [chosen for _, _, chosen in choices["Look"]] == [False, True]


def test_what_else_is_asked_stays_what_it_was():
    assert view(part="a&look=<b>").address(part="Text") == "?part=Text&look=light&width=desktop"
    assert view(q="a&look=<b>").address() == "?q=a%26look%3D%3Cb%3E&look=light&width=desktop"
