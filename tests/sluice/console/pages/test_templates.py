"""Templates filled with samples."""

from sluice.console.pages.templates import Template, filled


def template(subject: str = "", text: str = "", html: str = "") -> Template:
    return Template("welcome", "stack-welcome", ["users"], subject, text, html)


def test_variables_are_filled_as_ses_does_it():
    assert filled("Hello {{name}}, {{ order }}{{missing}} {{#if x}}", {"name": "A<b>", "order": "1"}) == (
        "Hello A<b>, 1 {{#if x}}"
    )


def test_a_variable_for_html_is_no_other_one():
    asked = template("Hello {{name}}", "{{order}}", "<p>{{nameHtml}} {{orderHtml}} {{onlyHtml}}")
    assert asked.variables == ["name", "order", "onlyHtml"]
