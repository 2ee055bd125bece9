"""What happens in the embedded cloud, in a line each: on streams, by schedules, mails that went, imports that ended."""

from datetime import datetime

from rich.markup import escape

from local.outbox import Mail
from local.schedules import Fired
from local.streams import events
from sluice.console import out, plural
from sluice.ledger import Entry


def show(event: events.Event | Fired) -> None:
    """Prints what happened on a stream or by a schedule."""
    out.print(f"{datetime.now():%H:%M:%S}  {event.function}  {line(event)}")


def show_mail(mail: Mail) -> None:
    """Prints whom a mail went to."""
    told = escape(f"{', '.join(mail['to'])}: {mail['subject']}")
    out.print(f"{datetime.now():%H:%M:%S}  [cyan]mail[/]  {told}")


def show_import(entry: Entry) -> None:
    """Prints how an import ended."""
    out.print(f"{datetime.now():%H:%M:%S}  [cyan]import[/]  {import_line(entry)}")


def import_line(entry: Entry) -> str:
    """How an import ended, in rich's markup."""
    colour = {"SUCCEEDED": "green", "PARTIAL": "yellow"}.get(entry["status"], "red")
    told = f"{plural(entry['rows_written'], 'row')} written, {entry['rows_rejected']:,} rejected"
    reason = f": {escape(entry['error'])}" if entry["error"] else ""
    key = escape(entry["object"].partition("/")[2])
    return f"{key}: [{colour}]{entry['status']}[/], {told}{reason}"


def line(event: events.Event | Fired) -> str:
    """What happened, in rich's markup."""
    match event:
        case Fired(scheduled_time=scheduled_time, error=None):
            return f"[green]invoked by its schedule[/] for {scheduled_time}"
        case Fired(scheduled_time=scheduled_time, error=error):
            return f"[red]its schedule for {scheduled_time} could not invoke it[/]: {escape(error or '')}"
        case events.Invoked(records=records, seconds=seconds, failed=0):
            return f"[green]{plural(records, 'record')}[/] in {seconds * 1000:.0f} ms"
        case events.Invoked(records=records, error=error, failed=failed, retry=retry):
            reason = escape(error or "partial failure")
            return f"[red]{failed} of {plural(records, 'record')} failed[/] (attempt {retry + 1}): {reason}"
        case events.Bisected(records=records, parts=parts):
            return f"[yellow]{plural(records, 'record')} cut into {' + '.join(map(str, parts))}[/]"
        case events.Discarded(records=records, condition=condition, destination=destination):
            kept = f" -> {escape(destination)}" if destination else ""
            return f"[red]{plural(records, 'record')} given up ({condition})[/]{kept}"
        case events.Delayed(operation=operation, error=error, seconds=seconds):
            return f"[yellow]{operation} again in {seconds:.1f} s[/]: {escape(error)}"
