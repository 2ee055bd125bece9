"""`demo`: all of Sluice on this machine, run with sample data, with each promise checked."""

import click


@click.command("demo")
def command() -> None:
    """Run the pipelines on this machine with sample data.

    Starts an embedded cloud of its own, shows what happens in it, and checks each promise.

    Exits with 0 only if every check held.

    \b
    Examples:
      python -m sluice demo
      make demo
    """  # noqa: D301 click reads the control character
    from sluice.cloud.program.project import ROOT

    if not (ROOT / "examples").is_dir():
        raise click.ClickException(
            "demo shows Sluice's own program and samples: clone its repository, then `make demo`"
        )
    from sluice.demo import run

    failed = run()
    if failed:
        raise click.ClickException(f"{failed} of the checks above did not hold")
