"""`outbox`: the mails that the embedded cloud took."""

import click

from sluice import target
from sluice.console import plural, print_json, say


@click.command("outbox")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, with texts.")
@click.option("--stack", help="The running stack; needed only where several run.")
def command(as_json: bool, stack: str | None) -> None:
    """Show the mails sent so far; nothing leaves this machine."""
    from local.outbox import mails

    sent = mails(target.chosen(stack).endpoint)
    if as_json:
        print_json(sent)
        return
    for mail in sent:
        say(f"{mail['sent_at']}  {', '.join(mail['to'])}  {mail['subject']}")
    say(f"{plural(len(sent), 'mail')} sent.")
