import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import mail_templates
from infra.mail_rules import default_rules
from infra.mail_templates import DEFAULT, TemplateError, check, read

PARTS = {"subject.txt": "Hello {{name}}\n", "body.txt": "Hello {{name}},\n", "body.html": "<p>Hello {{nameHtml}}</p>\n"}
RULE = {"template": "hello", "events": ["INSERT"], "values": {"order": "id"}}


@pytest.fixture
def write(tmp_path):
    """Writes the template `hello` with some of its files replaced, or left out where they are None."""

    def written(**files):
        folder = tmp_path / "hello"
        folder.mkdir(exist_ok=True)
        for name, text in {**PARTS, **{name.replace("_", "."): text for name, text in files.items()}}.items():
            if text is not None:
                (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return written


def mistakes(root, *rules):
    with pytest.raises(TemplateError) as caught:
        check(rules or [RULE], root)
    return [line.removeprefix(f"{root}/") for line in str(caught.value).splitlines()]


def test_a_template_is_read_as_it_lies_there(write):
    folder = write() / "hello"
    assert read(folder) == ("Hello {{name}}", "Hello {{name}},\n", "<p>Hello {{nameHtml}}</p>\n")


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_file_is_named(write, name):
    found = mistakes(write(**{name.replace(".", "_"): None}))
    assert found == [f"hello/{name}: missing; a template has subject.txt, body.txt and body.html"]


def test_a_missing_folder_is_named(tmp_path):
    assert mistakes(tmp_path) == [
        "hello: no such folder; a template is a folder of subject.txt, body.txt and body.html"
    ]


def test_a_file_that_is_no_text_is_named(write):
    assert mistakes(write(body_txt=b"\xff")) == ["hello/body.txt: not text in UTF-8"]


@pytest.mark.parametrize("name", PARTS)
def test_an_empty_file_is_named(write, name):
    assert mistakes(write(**{name.replace(".", "_"): " \n"})) == [f"hello/{name}: empty"]


def test_a_subject_of_two_lines_is_named(write):
    assert mistakes(write(subject_txt="Hello\n{{name}}\n")) == ["hello/subject.txt:2: a subject is one line"]


def test_a_variable_that_the_rule_does_not_give_is_named_with_its_line(write):
    assert mistakes(write(body_txt="Hello {{name}},\n\norder {{order}}: {{total}}\n")) == [
        "hello/body.txt:3: {{total}}: not every rule of this template provides it; provided: changes, name, order"
    ]


def test_a_variable_that_one_of_two_rules_does_not_give_is_named(write):
    other = {**RULE, "events": ["REMOVE"], "values": {}}
    (found,) = mistakes(write(body_txt="{{order}}"), RULE, other)
    assert found.startswith("hello/body.txt:1: {{order}}: not every rule")


def test_a_value_that_is_not_escaped_in_html_is_named(write):
    assert mistakes(write(body_html="<p>\n{{name}}</p>")) == [
        "hello/body.html:2: {{name}}: not escaped; in HTML write {{nameHtml}}"
    ]


def test_a_value_that_is_escaped_in_a_text_is_named(write):
    assert mistakes(write(subject_txt="{{nameHtml}}")) == [
        "hello/subject.txt:1: {{nameHtml}}: escaped for HTML; in a text write {{name}}"
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{#if name}}x{{/if}}", ["{{#if name}}", "{{/if}}"]),
        ("{{ name }}", ["{{ name }}"]),
        ("{{na-me}}", ["{{na-me}}"]),
        ("{{name.first}}", ["{{name.first}}"]),
        ("{{größe}}", ["{{größe}}"]),
        ("{{1st}}", ["{{1st}}"]),
        ("{{}}", ["{{}}"]),
        ("{{{name}}}", ["{{"]),
        ("{{name", ["{{"]),
        ("\\{{name}}", ["{{name}}"]),
        ("{{!-- note --}}", ["{{!-- note --}}"]),
        ("{{name}", ["{{"]),
    ],
)
def test_braces_that_hold_no_plain_variable_are_named(write, text, shown):
    reason = "a template has plain variables only, such as {{name}}: letters and digits, no spaces, no #if"
    assert mistakes(write(body_txt=text)) == [f"hello/body.txt:1: {each}: {reason}" for each in shown]


def test_single_braces_and_closing_ones_are_text(write):
    root = write(body_html="<style>@media print{p{color:red}}</style>{{nameHtml}}", body_txt="{a} }} {{name}}")
    check([RULE], root)


def test_every_mistake_of_every_template_is_told(write):
    found = mistakes(write(subject_txt="{{a}}", body_txt=None), RULE, {"template": "other", "events": ["INSERT"]})
    assert [line.partition(":")[0] for line in found] == ["hello/body.txt", "hello/subject.txt", "other"]


def test_reading_looks_for_what_no_rule_could_give(write):
    with pytest.raises(TemplateError, match=r"body.txt:1: \{\{#if a\}\}"):
        read(write(body_txt="{{#if a}}") / "hello")
    assert read(write(body_txt="{{anything}}") / "hello").text == "{{anything}}"


PIECES = st.sampled_from(
    ["{{", "}}", "{", "}", "\\", "name", "nameHtml", "total", "{{name}}", "{{nameHtml}}", "\n", " ", "é"]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_text_that_is_taken_is_filled_by_plain_replacement_and_leaves_no_braces(text):
    """So the emulator, which replaces texts, and SES, which has a language, make the same of it."""
    for is_html, variable in ((False, "name"), (True, "nameHtml")):
        uses = list(mail_templates._uses(text))
        taken = not any(mail_templates._objection(use, is_html=is_html, given={"name"}) for use in uses)
        if taken:
            filled = text.replace(f"{{{{{variable}}}}}", "Ada")
            assert "{{" not in filled
            assert filled.count("Ada") == len(uses)


def test_a_file_of_this_repository_is_named_from_its_root():
    with pytest.raises(TemplateError, match=r"^infra/templates/goodbye: no such folder"):
        check([{"template": "goodbye", "events": ["REMOVE"]}])


# ---- this repository's own

OWN = ["welcome", "profile-changed"]


def part(template: str, name: str) -> str:
    return (DEFAULT / template / name).read_text(encoding="utf-8")


def variables(text: str) -> set[str]:
    return set(re.findall(r"\{\{(\w+)\}\}", text))


def test_each_folder_of_templates_is_one_of_a_default_rule():
    assert {folder.name for folder in DEFAULT.iterdir()} == {rule["template"] for rule in default_rules(["name"])}


def test_the_templates_use_only_variables_that_are_sent():
    check(default_rules(["name"]))


@pytest.mark.parametrize("template", OWN)
@pytest.mark.parametrize("name", PARTS)
def test_a_template_uses_plain_variables_only(template: str, name: str):
    rest = re.sub(r"\{\{\w+\}\}", "", part(template, name))
    assert "{{" not in rest
    assert "}}" not in rest


@pytest.mark.parametrize("template", OWN)
def test_html_takes_the_escaped_values_and_text_the_plain_ones(template: str):
    assert all(name.endswith("Html") for name in variables(part(template, "body.html")))
    plain = variables(part(template, "subject.txt")) | variables(part(template, "body.txt"))
    assert not any(name.endswith("Html") for name in plain)


@pytest.mark.parametrize("template", OWN)
def test_a_subject_is_one_line(template: str):
    assert part(template, "subject.txt").count("\n") == 1


@pytest.mark.parametrize("template", OWN)
def test_a_mail_says_that_it_knows_dark_mode(template: str):
    page = part(template, "body.html")
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "@media (prefers-color-scheme: dark)" in page


@pytest.mark.parametrize("template", OWN)
def test_a_mail_loads_nothing_from_elsewhere(template: str):
    assert not re.search(r"https?://|url\(|src=", part(template, "body.html"))
