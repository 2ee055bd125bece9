"""`env`: variables for a shell, so that the AWS CLI and SDKs use the running cloud."""

import os
import re
import shlex

import click

from sluice import target
from sluice.terminal import say

_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
"""Variables that would lead elsewhere: another account's keys, or part of them."""
_ELSEWHERE = re.compile(r"AWS_ENDPOINT_URL_[A-Z0-9_]+|AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
"""Variables that override the endpoint for all services, or have it ignored."""


@click.command("env")
@click.option("--stack", help="The running stack; needed only where several run.")
def command(stack: str | None) -> None:
    """Print exports that point the AWS CLI and SDKs to what runs here.

    \b
    Examples:
      eval "$(python -m sluice env)"
      aws dynamodb list-tables
    """  # noqa: D301 click reads the control character
    running = target.chosen(stack)
    exports = {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
    }
    for name, value in exports.items():
        say(f"export {name}={shlex.quote(value)}")
    say(f"unset {' '.join([*_UNSET, *sorted(filter(_ELSEWHERE.fullmatch, os.environ))])}")
