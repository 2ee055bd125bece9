"""The mail templates as they are deployed, filled with the data of the newest mail or with made-up values."""

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.aws_errors import code
from sluice.console.changes.notifiers import Notifier, notifiers, template_names
from sluice.console.console import Console
from sluice.console.web.documents import document
from sluice.console.web.rendering import console_of, render
from sluice.console.web.views import view_of
from sluice.target import Target

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\}")
_MADE_UP = {"name": "Ada Lovelace", "changes": "e-mail address and name"}
_MISSING = ("NotFoundException", "TemplateDoesNotExist", "TemplateDoesNotExistException")


class Template(NamedTuple):
    """A template as SES has it."""

    name: str
    """Its name in the program."""
    ses_name: str
    streams: list[str]
    """The streams that use it."""
    subject: str
    text: str
    html: str
    problem: str = ""
    """Why it cannot be shown."""

    @property
    def variables(self) -> list[str]:
        """Its variables, without the variants for HTML."""
        found = dict.fromkeys(_VARIABLE.findall(self.subject + self.text + self.html))
        return [name for name in found if not (name.endswith("Html") and name.removesuffix("Html") in found)]


class Sample(NamedTuple):
    """The data that fills a template on its page."""

    source: str
    """Where the data is from."""
    data: dict[str, str]


def show(request: Request) -> Response:
    """Shows the list."""
    return render(request, "templates.html", all=console_of(request).remembered("templates", _templates))


def show_one(request: Request) -> Response:
    """Shows a template.

    Raises:
        HTTPException: There is no template of that name.
    """
    template, sample = _asked_for(request)
    part = request.query_params.get("part", "")
    return render(
        request,
        "template.html",
        shown=template,
        sample=sample,
        subject=filled(template.subject, sample.data),
        text=filled(template.text, sample.data),
        part=part if part in ("HTML", "Text", "Source") else "HTML",
        view=view_of(request),
        version=zlib.crc32(filled(template.html, sample.data).encode()),
    )


def show_html(request: Request) -> Response:
    """Shows the HTML of a template with its sample, for a frame.

    Raises:
        HTTPException: There is no template of that name.
    """
    template, sample = _asked_for(request)
    return document(filled(template.html, sample.data))


def filled(text: str, data: Mapping[str, str]) -> str:
    """Returns a part of a template with its variables replaced by values, as SES does it."""
    return _VARIABLE.sub(lambda variable: data.get(variable[1], ""), text)


def _asked_for(request: Request) -> tuple[Template, Sample]:
    console, name = console_of(request), request.path_params["name"]
    found = {template.ses_name: template for template in console.remembered("templates", _templates)}
    if name not in found:
        raise HTTPException(404, f"The stack has no template {name}.")
    return found[name], _sample(console, found[name])


def _templates(target: Target) -> list[Template]:
    """The templates that the stack's notifiers use."""
    mailers = notifiers(target)
    return [_read(target, ses_name, name, mailers) for ses_name, name in template_names(mailers).items()]


def _read(target: Target, ses_name: str, name: str, mailers: list[Notifier]) -> Template:
    streams = [mailer.pipeline.name for mailer in mailers if ses_name in mailer.templates.values()]
    try:
        content = target.client("sesv2").get_email_template(TemplateName=ses_name)["TemplateContent"]
    except ClientError as error:
        problem = "SES has no such template." if code(error) in _MISSING else str(error)
        return Template(name, ses_name, streams, "", "", "", problem)
    parts = (content.get("Subject", ""), content.get("Text", ""), content.get("Html", ""))
    return Template(name, ses_name, streams, *parts)


def _sample(console: Console, template: Template) -> Sample:
    """The data of the template's newest mail; made-up values for variables that it lacks."""
    made_up = {name: _MADE_UP.get(name, f"({name})") for name in template.variables}
    console.change_log.look(console.target)
    for change in console.change_log.changes.all():
        for ruling in console.change_log.rulings(change) or []:
            for outcome in ruling.outcomes:
                if outcome.template == template.ses_name and (data := _texts(outcome.data)):
                    return Sample(f"the rules' data for {change.event} {change.key}", _whole(data, made_up))
    return Sample("made-up values", _whole({}, made_up))


def _whole(data: Mapping[str, str], made_up: Mapping[str, str]) -> dict[str, str]:
    """Values for all variables, each with its variant for HTML; variables without data have made-up values."""
    values = {**{name: value for each in made_up.items() for name, value in _both(*each)}, **data}
    return dict(values)


def _both(name: str, value: str) -> list[tuple[str, str]]:
    return [(name, value), (f"{name}Html", value)]


def _texts(data: str) -> dict[str, str]:
    try:
        held: Any = json.loads(data)
    except ValueError:
        return {}
    return {name: str(value) for name, value in held.items()} if isinstance(held, dict) else {}


ROUTES = [
    Route("/templates", show, name="templates"),
    Route("/templates/{name}", show_one, name="template"),
    Route("/templates/{name}/html", show_html, name="template_html"),
]
