"""`smoke`: end-to-end checks of a deployed stack."""

import click

from sluice.target import Target, targeted
from sluice.terminal import say


@click.command("smoke")
@click.option("--even-prod", is_flag=True, help="Run against prod in AWS too.")
@targeted
def command(target: Target, even_prod: bool) -> None:
    """Send a record, a file and a report through a stack; remove them.

    In AWS it runs only where `mail.onlyTo` is set, and in prod only when told to.

    \b
    Examples:
      python -m sluice smoke
      python -m sluice smoke --outputs outputs.json
    """  # noqa: D301 click reads the control character
    from sluice.smoke import RefusedError, checks, refuse_if_unsafe

    try:
        target.greet()
        refuse_if_unsafe(target, even_prod=even_prod)
    except RefusedError as error:
        raise click.ClickException(str(error)) from None
    failed = 0
    for check in checks(target):
        failed += not check.holds
        say(("ok  ", "green") if check.holds else ("FAIL", "red"), f" {check.promise}")
    if failed:
        raise click.ClickException(f"{failed} of the checks above did not hold")
