"""`outbox`: the mails sent in the embedded cloud."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sluice import target
from sluice.pages import folder_of, open_page, page
from sluice.terminal import note, plural, print_json, print_table, say

if TYPE_CHECKING:
    from sluice.cloud.emulator.outbox import Mail


@click.command("outbox")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array, with texts.")
@click.option(
    "--open",
    "opened",
    metavar="[N]",
    is_flag=False,
    flag_value=0,
    type=int,
    help="Show mail N in the browser, or the last.",
)
@click.option("--stack", help="The running stack; needed only where several run.")
def command(as_json: bool, opened: int | None, stack: str | None) -> None:
    """Show the mails sent so far; nothing leaves this machine.

    \b
    Examples:
      python -m sluice outbox
      python -m sluice outbox --json
    """  # noqa: D301 click reads the control character
    from http.client import HTTPException  # in no hurry, as the other

    from sluice.cloud.emulator.outbox import mails

    running = target.chosen(stack)
    try:
        sent = mails(running.endpoint, running.token)
    except (OSError, HTTPException, ValueError) as error:
        raise click.ClickException(target.UNANSWERED.format(error)) from None
    if as_json:
        print_json(sent)
    elif sent:
        rows = [
            (str(number), mail["sent_at"], ", ".join(mail["to"]), mail["subject"])
            for number, mail in enumerate(sent, 1)
        ]
        print_table(("mail", "sent", "to", "subject"), *rows)
    if not as_json:
        say(f"{plural(len(sent), 'mail')} sent.")
    if opened is not None:
        _open(sent, opened or len(sent), target.Target(running.outputs, running.endpoint))


def _open(sent: Sequence["Mail"], number: int, of: target.Target) -> None:
    if not 1 <= number <= len(sent):
        raise click.ClickException(f"there is no mail {number} to open: {plural(len(sent), 'mail')} sent")
    mail = sent[number - 1]
    facts = {"From": mail["from"], "To": ", ".join(mail["to"]), "Subject": mail["subject"], "Sent": mail["sent_at"]}
    content = page(mail["subject"], mail["html"], facts, mail["text"])
    path, is_shown = open_page(folder_of(of), f"mail-{number}.html", content)
    note(f"Mail {number} is in your browser: {path}" if is_shown else f"There is no browser here: open {path}")
