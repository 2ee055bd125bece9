"""`alarms`: what the alarms mean, and which are ringing."""

import click

from sluice.alarms import RINGING, Alarm, alarms
from sluice.target import Target, targeted
from sluice.terminal import note, plural, print_json, say, say_hanging

_COLOURS = {"OK": "green", RINGING: "red"}


@click.command("alarms")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@targeted
def command(target: Target, as_json: bool) -> None:
    """Show each alarm with what it means.

    With its runbook, and on AWS its state; those in alarm come first.

    \b
    Examples:
      python -m sluice alarms --outputs outputs.json
      python -m sluice alarms --json
    """  # noqa: D301 click reads the control character
    found = alarms(target)
    if as_json:
        print_json([alarm._asdict() for alarm in found])
        return
    for alarm in found:
        _show(alarm)
    if target.endpoint:
        say(f"{plural(len(found), 'alarm')}.")
        note("The embedded cloud does not evaluate alarms: on AWS, with --outputs FILE, each has a state.")
    else:
        ringing = sum(alarm.state == RINGING for alarm in found)
        say(f"{plural(len(found), 'alarm')}, {ringing:,} ringing.")


def _show(alarm: Alarm) -> None:
    state = [(f"{alarm.state}  ", _COLOURS.get(alarm.state, "yellow"))] if alarm.state else []
    say(*state, (alarm.name, "bold"), f"  since {alarm.since}" if alarm.since else "")
    for line in filter(None, (alarm.meaning, alarm.reason if alarm.state == RINGING else "", alarm.runbook)):
        say_hanging(["    "], line)
