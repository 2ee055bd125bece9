"""`check`: whether a stack is ready."""

import click

from sluice.readiness import findings
from sluice.target import Target, targeted
from sluice.terminal import plural, print_json, say_hanging

_COLOURS = {"ready": "green", "not ready": "red", "unknown": "yellow"}


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@targeted
def command(target: Target, as_json: bool) -> None:
    """Check whether a stack is ready, and say what to do if not.

    It looks at the sender, SES's limits, alarms, mappings, schedules and shared prefixes.

    Exits with 1 if something is not ready, or could not be checked on AWS.

    \b
    Examples:
      python -m sluice check --outputs outputs.json
      python -m sluice check --json
    """  # noqa: D301 click reads the control character
    found = []
    for finding in findings(target):
        found.append(finding)
        if not as_json:
            status = (f"{finding.status:9}", _COLOURS[finding.status])
            say_hanging([status, f"  {finding.check:9}  "], finding.detail)
            if finding.remedy:
                say_hanging([f"{'':22}-> "], finding.remedy)
    if as_json:
        print_json([finding._asdict() for finding in found])
    open_ = [each for each in found if each.status == "not ready" or (each.status == "unknown" and not target.endpoint)]
    if open_:
        raise click.ClickException(f"the stack is not ready: {plural(len(open_), 'problem')}, listed above")
