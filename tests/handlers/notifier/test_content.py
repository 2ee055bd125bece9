"""The values of a mail: safe in a header, safe in HTML, and the ones that its template uses."""

import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notifier import content, environment

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
TEMPLATES = Path(__file__).parents[3] / "infra" / "templates"
PARTS = ("subject.txt", "body.txt", "body.html")
SENT = {
    environment.WELCOME: json.loads(content.welcome("Ada")),
    environment.PROFILE_CHANGED: json.loads(content.profile_changed("Ada", "name")),
}


def variables(text: str) -> set[str]:
    return set(re.findall(r"\{\{(\w+)\}\}", text))


def part(template: str, name: str) -> str:
    return (TEMPLATES / template / name).read_text(encoding="utf-8")


def test_each_directory_of_templates_is_one_that_is_sent():
    assert {directory.name for directory in TEMPLATES.iterdir()} == set(SENT)


@pytest.mark.parametrize("template", SENT)
def test_a_template_uses_exactly_the_variables_that_are_sent(template: str):
    used = set().union(*[variables(part(template, name)) for name in PARTS])
    assert used == set(SENT[template])


@pytest.mark.parametrize("template", SENT)
@pytest.mark.parametrize("name", PARTS)
def test_a_template_uses_plain_variables_only(template: str, name: str):
    rest = re.sub(r"\{\{\w+\}\}", "", part(template, name))
    assert "{{" not in rest
    assert "}}" not in rest


@pytest.mark.parametrize("template", SENT)
def test_html_takes_the_escaped_values_and_text_the_plain_ones(template: str):
    assert all(name.endswith("Html") for name in variables(part(template, "body.html")))
    plain = variables(part(template, "subject.txt")) | variables(part(template, "body.txt"))
    assert not any(name.endswith("Html") for name in plain)


@pytest.mark.parametrize("template", SENT)
def test_a_subject_is_one_line(template: str):
    assert part(template, "subject.txt").count("\n") == 1


@pytest.mark.parametrize("template", SENT)
def test_a_mail_says_that_it_knows_dark_mode(template: str):
    page = part(template, "body.html")
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "@media (prefers-color-scheme: dark)" in page


@pytest.mark.parametrize("template", SENT)
def test_a_mail_loads_nothing_from_elsewhere(template: str):
    assert not re.search(r"https?://|url\(|src=", part(template, "body.html"))


def test_a_name_is_plain_for_the_text_and_escaped_for_the_html():
    assert SENT[environment.WELCOME] == {"name": "Ada", "nameHtml": "Ada"}
    assert json.loads(content.welcome("O'Neil <b>")) == {
        "name": "O'Neil <b>",
        "nameHtml": "O&#x27;Neil &lt;b&gt;",
    }


def test_a_change_is_named_beside_the_name():
    assert json.loads(content.profile_changed("Ada", "r&d team")) == {
        "name": "Ada",
        "nameHtml": "Ada",
        "changes": "r&d team",
        "changesHtml": "r&amp;d team",
    }


def test_a_nameless_person_is_greeted_all_the_same():
    assert json.loads(content.welcome(""))["name"] == "there"
    assert json.loads(content.profile_changed("", "name"))["name"] == "there"


@given(st.text())
def test_data_is_json_that_gives_the_values_back(value: str):
    data = json.loads(content.welcome(value or "x"))
    assert data["name"] == (value or "x")
    assert html.unescape(data["nameHtml"]) == (value or "x")
    assert not set(data["nameHtml"]) & set("<>\"'")


@given(st.text(st.characters(categories=["L", "N", "Cc", "Cf", "Zl", "Zp", "Zs", "Cs", "P"])))
def test_a_cleaned_value_cannot_leave_its_line(value: str):
    clean = content.cleaned(value)
    assert len(clean) <= 100
    assert clean.splitlines() in ([], [clean])
    assert all(character.isprintable() or character in "\u200c\u200d" for character in clean)
    assert clean == content.cleaned(clean)
    clean.encode()


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("Ada\r\nBcc: eve@example.com", "Ada Bcc: eve@ example. com"),
        ("Ada\u2028Subject: x", "Ada Subject: x"),
        ("\u202eadA", "adA"),
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("\x00\x07\x1b", ""),
        ("\ud800Ada", "Ada"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("You won! collect at evil.example", "You won! collect at evil. example"),
        ("http://evil.example/login", "http: // evil. example/login"),
        ("=?utf-8?q?You_won?=", "= ?utf-8?q?You_won?="),
        ("\u200d", ""),
        ("\u3164", ""),
        ("Mar\u00adgaret", "Margaret"),
        (SCOTLAND, SCOTLAND),
        ("a" * 98 + SCOTLAND, "a" * 98 + "\U0001f3f4…"),
        ("a" * 97 + ".com", "a" * 97 + ".…"),
        ("a" * 100, "a" * 100),
        ("a" * 101, "a" * 99 + "…"),
    ],
)
def test_a_value_is_cleaned_and_its_script_is_left_alone(value: str, clean: str):
    assert content.cleaned(value) == clean


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (["name"], "name"),
        (["email"], "e-mail address"),
        (["name", "email"], "name and e-mail address"),
        (["firstName", "last_name", "phone.home"], "first name, last name and phone home"),
        (["homeURL"], "home url"),
        (["_"], "_"),
        (["name", "evil:x", "\u202ea@b"], "name, evil: x and a@ b"),
    ],
)
def test_changed_attributes_are_named_as_people_say_them(attributes: list[str], words: str):
    assert content.spoken(attributes) == words
