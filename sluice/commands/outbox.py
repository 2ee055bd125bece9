"""`outbox`: the mails that the embedded cloud took."""

import click

from sluice import target
from sluice.terminal import plural, print_json, say


@click.command("outbox")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, with texts.")
@click.option("--stack", help="The running stack; needed only where several run.")
def command(as_json: bool, stack: str | None) -> None:
    """Show the mails sent so far; nothing leaves this machine."""
    from http.client import HTTPException  # in no hurry, as the other

    from sluice.cloud.emulator.outbox import mails

    running = target.chosen(stack)
    try:
        sent = mails(running.endpoint, running.token)
    except (OSError, HTTPException, ValueError) as error:
        raise click.ClickException(target.UNANSWERED.format(error)) from None
    if as_json:
        print_json(sent)
        return
    for mail in sent:
        say(f"{mail['sent_at']}  {', '.join(mail['to'])}  {mail['subject']}")
    say(f"{plural(len(sent), 'mail')} sent.")
