"""One change: its differences, its invocations, its line in the archive, and its mails, or why it has none."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.console.attributes import shown
from sluice.console.changes.archive_source import Archived, archived
from sluice.console.changes.changes import Change
from sluice.console.changes.mail_states import MailState, marked, reason, states
from sluice.console.changes.previews import Ruling
from sluice.console.changes.steps import Step, invocations, of_table, passes, steps
from sluice.console.console import Console
from sluice.console.web.forms import Done, Form, action
from sluice.console.web.rendering import console_of, render, shortened
from sluice.failures.stream import send
from sluice.functions import Function, functions
from sluice.mappings import mappings
from sluice.terminal import plural

_SETS = ("SS", "NS", "BS")
_LONGEST = 2000
"""How many characters of a value the differences show."""


class Difference(NamedTuple):
    """How an attribute changed."""

    name: str
    kind: str
    """`added`, `removed`, `changed` or `same`."""
    before: str
    after: str


class Told(NamedTuple):
    """The result of one rule for the change."""

    ruling: Ruling
    mails: list[tuple[MailState, str, str]]
    """Each with its style and its text."""


def show(request: Request) -> Response:
    """Shows a change.

    Raises:
        HTTPException: It is not kept.
    """
    console, change = console_of(request), _asked_for(request)
    log = console.change_log
    log.judge(console.target, [change])
    if not console.is_read_only:
        console.outbox.look(console.target)
    fed = of_table(console.remembered("mappings", mappings), change)
    invoked = list(invocations(console.feed.after(), change, fed))
    line, archive_problem = _archived(console, change)
    rulings = log.rulings(change)
    told = _told(console, change, rulings or [], invoked)
    mailed = [
        Step(mail.sent.seconds, "mail", f"{mail.template} to {', '.join(mail.sent.to)}", "green")
        for one in told
        for mail, _, _ in one.mails
        if mail.sent
    ]
    return render(
        request,
        "change.html",
        change=change,
        record=change.content,
        differences=differences(change.content["dynamodb"]),
        steps=steps(change, invoked, line, mailed),
        passed_over=[mapping.function for mapping in fed if not passes(mapping, change)],
        line=line,
        archive_problem=archive_problem,
        rules=told,
        has_notifier=log.notifier(change) is not None,
        problem=log.problem if rulings is None else "",
        consumers=_consumers(console, change),
    )


def differences(held: Mapping[str, Any]) -> list[Difference]:
    """Returns the differences of all attributes: changed ones first."""
    old, new = held.get("OldImage") or {}, held.get("NewImage") or {}
    found = [_difference(name, old.get(name), new.get(name)) for name in dict.fromkeys([*new, *old])]
    return sorted(found, key=lambda each: each.kind == "same")


def _difference(name: str, before: Any, after: Any) -> Difference:
    kind = "added" if before is None else "removed" if after is None else "changed"
    if before is not None and after is not None and _ordered(before) == _ordered(after):
        kind = "same"
    return Difference(name, kind, *(shortened(shown(value), _LONGEST) if value else "" for value in (before, after)))


def _ordered(value: Mapping[str, Any]) -> Any:
    """A value in comparable form: sets have no order."""
    ((kind, content),) = value.items()
    return {kind: sorted(content)} if kind in _SETS else value


def _archived(console: Console, change: Change) -> tuple[Archived | None, str]:
    try:
        return archived(console.target, change), ""
    except ClientError as error:
        return None, str(error)


def _told(console: Console, change: Change, rulings: list[Ruling], invoked: list[Step]) -> list[Told]:
    marks = _marks(console, change, rulings)
    return [
        Told(
            ruling,
            [
                (mail, *_said(console, change, ruling, mail, marks, invoked))
                for mail in states(console, change, [ruling])
                or [MailState(ruling.template, outcome, None) for outcome in ruling.outcomes]
            ],
        )
        for ruling in sorted(rulings, key=lambda ruling: not ruling.is_about)
    ]


def _marks(console: Console, change: Change, rulings: list[Ruling]) -> set[str] | None:
    notifier = console.change_log.notifier(change)
    try:
        return marked(console.target, notifier, rulings) if notifier else None
    except ClientError:
        return None


def _said(
    console: Console, change: Change, ruling: Ruling, mail: MailState, marks: set[str] | None, invoked: list[Step]
) -> tuple[str, str]:
    """The style and the text of a mail."""
    if mail.outcome.reason:
        style = "dim" if mail.outcome.reason in ("event_not_handled", "nothing_watched_changed") else "yellow"
        return style, reason(change, ruling, mail.outcome)
    if marks is None and not mail.sent:
        return (
            "",
            f"By today's rules it goes to {mail.outcome.to}. Whether it was sent is unknown: its mark cannot be read.",
        )
    if mail.sent or mail.outcome.mark in (marks or ()):
        return "green", f"Sent to {mail.outcome.to}."
    tries = [step for step in invoked if step.who.endswith("/notifier")]
    if console.is_read_only or not tries:
        rest = (
            "it is on its way, or the rules have changed since" if not console.is_read_only else "see failures and logs"
        )
        return "yellow", f"It goes to {mail.outcome.to}, and is not marked as sent: {rest}."
    last = tries[-1]
    if last.style == "red":
        return "red", f"Not sent to {mail.outcome.to}: {last.what}."
    return (
        "red",
        f"Not sent to {mail.outcome.to}: SES refused it, or the rules were different then. See the function's log.",
    )


def _asked_for(request: Request) -> Change:
    console = console_of(request)
    console.change_log.look(console.target)
    change = console.change_log.changes.one(request.path_params["id"])
    if change is None:
        raise HTTPException(404, "This change is not among the newest, and only those are kept here.")
    return change


def _consumers(console: Console, change: Change) -> list[Function]:
    return [
        each
        for each in functions(console.target)
        if each.pipeline.section == "streams" and change.table in [table["name"] for table in each.pipeline["tables"]]
    ]


def _send_again(request: Request, _form: Form) -> Done:
    """Invokes each function of the table with the record, as a redrive does: mails already sent are not sent again."""
    console, change = console_of(request), _asked_for(request)
    mails = console.outbox.look(console.target)
    lambda_ = console.target.client("lambda")
    sent = [(each, *send(lambda_, each.name, [change.content])) for each in _consumers(console, change)]
    answers = [f"{function.short}: {f'failed, {error}' if left else 'done'}" for function, left, error in sent]
    more = console.outbox.look(console.target) - mails
    went = f"{plural(more, 'mail')} went" if more else "no mail went"
    if not more and not any(left for _, left, _ in sent):
        went += ": what was sent before is not sent twice"
    return Done(f"Sent again. {'. '.join(answers)}. Meanwhile {went}.", "change", {"id": change.id})


ROUTES = [
    Route("/changes/{id}", show, name="change"),
    Route("/changes/{id}/again", action(_send_again), methods=["POST"], name="send_again"),
]
