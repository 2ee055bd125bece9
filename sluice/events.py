"""What happens on the streams, in a line each."""

from datetime import datetime

from rich.markup import escape

from local.streams import events
from sluice.console import out, plural


def show(event: events.Event) -> None:
    """Prints what happened."""
    out.print(f"{datetime.now():%H:%M:%S}  {event.function}  {line(event)}")


def line(event: events.Event) -> str:
    """What happened, in rich's markup."""
    match event:
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
