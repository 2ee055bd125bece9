"""`up --beside`: deploys a program into a running cloud, where it may refer to the stacks that are there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from sluice import state
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program import execution as program
from sluice.cloud.program.graph import Resource
from sluice.cloud.program.project import project_name, region
from sluice.cloud.resources.deployment import Deployment
from sluice.target import chosen


def put(root: Path, stack: str, host: str, on_created: Callable[[Resource], None]) -> state.Running:
    """Deploys a stack into the cloud of another one, which runs its triggers and ends it.

    Args:
        root: the program's folder.
        stack: the stack's name.
        host: the stack that runs.
        on_created: called with each resource once it exists.

    Raises:
        click.ClickException: nothing of that name runs, or the program is in its cloud already.
        ProgramError: there is no such stack, its settings are wrong, or the program failed.
        DeploymentError: a resource could not be created.
    """
    checkout, there = state.checkout(), chosen(host)
    config, name = program.configuration(stack, root), f"{project_name(root)}/{stack}"
    others = state.beside(checkout, host)
    if name in {other.stack for other in others}:
        raise click.ClickException(f"{name} is already in the cloud of {host}: end both with `python -m sluice down`")
    cloud = Cloud(there.endpoint, region(config), token=there.token)
    deployment = Deployment(cloud, on_created, {one.full_name: one.outputs for one in (there, *others)})
    outputs = program.run(stack, deployment, root=root, config=config)
    full_name = program.full_name(stack, root)
    since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    where = (there.endpoint, cloud.region, outputs, there.token)
    ready = state.Running(name, there.pid, *where, full_name, since, str(root))
    state.publish_beside(checkout, ready, host)
    return ready
