"""`demo`: the whole of Sluice on this machine, driven with the sample data, each promise checked."""

import click


@click.command("demo")
def command() -> None:
    """Start the embedded cloud, drive the pipelines with sample data, show what happened, and stop.

    Exits with 0 only if every check held.
    """
    from sluice.cloud.program.project import ROOT

    if not (ROOT / "examples").is_dir():
        raise click.ClickException(
            "demo shows Sluice's own program and samples: clone its repository, then `make demo`"
        )
    from sluice.demo import run

    failed = run()
    if failed:
        raise click.ClickException(f"{failed} of the checks above did not hold")
