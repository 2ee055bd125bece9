"""The values of a mail: safe in a header, safe in HTML."""

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notifier import content

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def test_a_name_is_plain_for_the_text_and_escaped_for_the_html():
    given_ = json.loads(content.data("O'Neil <b>", ""))
    assert (given_["name"], given_["nameHtml"]) == ("O'Neil <b>", "O&#x27;Neil &lt;b&gt;")


def test_a_change_is_named_beside_the_name():
    assert json.loads(content.data("Ada", "r&d team")) == {
        "name": "Ada",
        "nameHtml": "Ada",
        "changes": "r&d team",
        "changesHtml": "r&amp;d team",
    }


def test_further_values_are_plain_for_the_text_and_escaped_for_the_html():
    found = json.loads(content.data("Ada", "", [("order", "<1>"), ("total", "12.50")]))
    assert found == {
        "name": "Ada",
        "nameHtml": "Ada",
        "changes": "",
        "changesHtml": "",
        "order": "<1>",
        "orderHtml": "&lt;1&gt;",
        "total": "12.50",
        "totalHtml": "12.50",
    }


def test_a_nameless_person_is_greeted_all_the_same():
    assert json.loads(content.data("", ""))["name"] == "there"


@given(st.text())
def test_data_is_json_that_gives_the_values_back(value: str):
    data = json.loads(content.data(value or "x", value, [("v", value)]))
    for variable, said in (("name", value or "x"), ("changes", value), ("v", value)):
        assert data[variable] == said
        assert html.unescape(data[f"{variable}Html"]) == said
        assert not set(data[f"{variable}Html"]) & set("<>\"'")


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
    assert content.spoken(attributes, "email") == words


def test_the_attribute_that_holds_the_address_is_named_as_one():
    assert content.spoken(["email", "customerEmail"], "customerEmail") == "email and e-mail address"


def test_no_change_is_no_word():
    assert content.spoken([], "email") == ""


def test_of_very_many_changes_the_first_are_named():
    words = content.spoken([f"a{number}" for number in range(1000)], "email")
    assert words.startswith("a0, a1, ")
    assert words.endswith(", a19 and others")
