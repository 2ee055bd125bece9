"""Templates of mails: folders of `subject.txt`, `body.txt` and `body.html`, read and checked before they are deployed.

SES accepts nearly any text as a template, and also mails that lack a variable or a closing brace, but never delivers
those. So a template may have only plain variables, `{{name}}`, all of which its rules give, and in HTML only the
escaped ones, `{{nameHtml}}`: SES inserts values without escaping.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pulumi

from infra.mail_rules import MailRule, variables

DEFAULT = Path(__file__).parent / "templates"
"""The folder of this repository's templates."""

_SUBJECT, _TEXT, _HTML = "subject.txt", "body.txt", "body.html"
_ESCAPED = "Html"
_BRACES = re.compile(r"\{\{(?P<inside>[^{}]*)\}\}(?!\})|\{\{")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9]*")


class TemplateError(pulumi.RunError):
    """Templates have mistakes; the message has a line for each, with file and line. Pulumi shows no traceback."""


class Template(NamedTuple):
    """A template's parts."""

    subject: str
    text: str
    html: str


class _Use(NamedTuple):
    """A pair of braces in a file."""

    line: int
    shown: str
    variable: str
    """The name between them; empty where they hold none."""


def read(folder: Path) -> Template:
    """Returns the template that a folder holds.

    Raises:
        TemplateError: A file is missing or not text, the subject is not a single line, braces hold something other than
            a variable, or a value is escaped where it must not be, or not escaped where it must be.
    """
    if mistakes := _mistakes(folder, None):
        raise TemplateError("\n".join(mistakes))
    subject, text, html = ((folder / name).read_text(encoding="utf-8") for name in (_SUBJECT, _TEXT, _HTML))
    return Template(subject.strip(), text, html)


def check(rules: Sequence[MailRule], folder: Path = DEFAULT) -> None:
    """Checks the templates of rules, each against the variables that all its rules give.

    Raises:
        TemplateError: As in `read`, or a template uses a variable that one of its rules does not give.
    """
    given: dict[str, set[str]] = {}
    for rule in rules:
        given[rule["template"]] = given.get(rule["template"], variables(rule)) & variables(rule)
    if mistakes := [mistake for template, names in given.items() for mistake in _mistakes(folder / template, names)]:
        raise TemplateError("\n".join(mistakes))


def _mistakes(folder: Path, given: Collection[str] | None) -> list[str]:
    if not folder.is_dir():
        return [f"{_shown(folder)}: no such folder; a template is a folder of {_SUBJECT}, {_TEXT} and {_HTML}"]
    texts, mistakes = {}, []
    for name in (_SUBJECT, _TEXT, _HTML):
        try:
            texts[name] = (folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            mistakes.append(f"{_shown(folder / name)}: missing; a template has {_SUBJECT}, {_TEXT} and {_HTML}")
        except (OSError, UnicodeDecodeError):
            mistakes.append(f"{_shown(folder / name)}: not text in UTF-8")
    return mistakes + list(_of_texts(folder, texts, given))


def _shown(path: Path) -> Path:
    """Returns a path relative to the repository, if it is within."""
    root = DEFAULT.parents[1]
    return path.relative_to(root) if path.is_relative_to(root) else path


def _of_texts(folder: Path, texts: Mapping[str, str], given: Collection[str] | None) -> Iterator[str]:
    for name, text in texts.items():
        if not text.strip():
            yield f"{_shown(folder / name)}: empty"
        elif name == _SUBJECT and len(text.strip().splitlines()) > 1:
            yield f"{_shown(folder / name)}:2: a subject is one line"
        for use in _uses(text):
            if reason := _objection(use, is_html=name == _HTML, given=given):
                yield f"{_shown(folder / name)}:{use.line}: {use.shown}: {reason}"


def _uses(text: str) -> Iterator[_Use]:
    for braces in _BRACES.finditer(text):
        line = text.count("\n", 0, braces.start()) + 1
        inside = braces["inside"] or ""
        before = text[max(braces.start() - 1, 0) : braces.start()]
        variable = inside if _VARIABLE.fullmatch(inside) and before != "\\" else ""
        yield _Use(line, braces[0] if braces["inside"] is not None else "{{", variable)


def _objection(use: _Use, *, is_html: bool, given: Collection[str] | None) -> str:
    if not use.variable:
        return "a template has plain variables only, such as {{name}}: letters and digits, no spaces, no #if"
    plain = use.variable.removesuffix(_ESCAPED)
    if is_html and plain == use.variable:
        return f"not escaped; in HTML write {{{{{plain}{_ESCAPED}}}}}"
    if not is_html and plain != use.variable:
        return f"escaped for HTML; in a text write {{{{{plain}}}}}"
    if given is not None and plain not in given:
        return f"not every rule of this template provides it; provided: {', '.join(sorted(given))}"
    return ""
