"""The mails as mail programs show them: the list, and each mail in light or dark, wide or as on a phone."""

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.cloud.emulator.outbox import Sent
from sluice.console.changes.mail_states import change_of
from sluice.console.changes.notifiers import notifiers, template_names
from sluice.console.outbox import KEPT, mail_of
from sluice.console.web.documents import document
from sluice.console.web.paging import page_of
from sluice.console.web.rendering import console_of, render
from sluice.console.web.views import view_of

NO_TEMPLATE = "-"
"""In place of a template: mails without one, such as reports."""
_PARTS = ("HTML", "Text", "Headers", "Data")


def show(request: Request) -> Response:
    """Shows the list."""
    console, asked = console_of(request), request.query_params
    if console.is_read_only:
        return render(request, "outbox-aws.html")
    words, template = asked.get("q", ""), asked.get("template", "")
    total = console.outbox.look(console.target)
    names = template_names(console.remembered("notifiers", notifiers))
    found = console.outbox.found(words, {"": None, NO_TEMPLATE: ""}.get(template, template))
    query = urlencode({name: value for name, value in (("q", words), ("template", template)) if value})
    return render(
        request,
        "outbox.html",
        page=page_of(found, asked.get("page", "")),
        found=len(found),
        total=total,
        known=console.outbox.known,
        is_incomplete=console.outbox.known < min(total, KEPT),
        names=names,
        words=words,
        chosen=template,
        address=f"?{query}&page=" if query else "?page=",
    )


def show_one(request: Request) -> Response:
    """Shows a mail.

    Raises:
        HTTPException: There is no mail with that number.
    """
    console, sent = console_of(request), _asked_for(request)
    console.change_log.look(console.target)
    console.outbox.look(console.target)
    change = change_of(console, sent)
    parts = [part for part in _PARTS if part != "HTML" or sent.mail["html"] if part != "Data" or sent.data]
    part = request.query_params.get("part", "")
    return render(
        request,
        "mail.html",
        sent=sent,
        headers=_headers(sent),
        parts=parts,
        part=part if part in parts else parts[0],
        of_template=template_names(console.remembered("notifiers", notifiers)).get(sent.template, ""),
        change=change,
        is_incomplete=bool(sent.template) and change is None and console.change_log.is_behind,
        view=view_of(request),
    )


def show_html(request: Request) -> Response:
    """Shows the HTML of a mail, for a frame.

    Raises:
        HTTPException: There is no mail with that number.
    """
    return document(_asked_for(request).mail["html"])


def _asked_for(request: Request) -> Sent:
    console, number = console_of(request), request.path_params["number"]
    sent = None if console.is_read_only or number < 1 else mail_of(console.target, number)
    if sent is None:
        raise HTTPException(404, f"There is no mail {number}.")
    return sent


def _headers(sent: Sent) -> list[tuple[str, str]]:
    """The headers that the emulator knows."""
    mail = sent.mail
    headers = [
        ("From", mail["from"]),
        ("To", ", ".join(mail["to"])),
        ("Subject", mail["subject"]),
        ("Date", mail["sent_at"]),
        ("Message-ID", sent.id),
        ("X-SES-CONFIGURATION-SET", sent.configuration_set),
    ]
    return [(name, value) for name, value in headers if value]


ROUTES = [
    Route("/outbox", show, name="outbox"),
    Route("/outbox/{number:int}", show_one, name="mail"),
    Route("/outbox/{number:int}/html", show_html, name="mail_html"),
]
