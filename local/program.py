"""Runs the Pulumi program of a checkout in this process, under a monitor of ours: no Pulumi CLI, no account."""

import asyncio
import contextvars
import json
import logging
import runpy
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from local.recording import STACK_TYPE, RecordingMonitor

ROOT = Path(__file__).parent.parent
"""The checkout."""
_ORGANIZATION = "organization"


class ProgramError(Exception):
    """The program cannot be run, or it failed; the message says why."""


def stacks(root: Path = ROOT) -> list[str]:
    """The stacks that have a file."""
    return sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))


def full_name(stack: str, root: Path = ROOT) -> str:
    """What other programs refer to a stack by: `organization/project/stack`."""
    return f"{_ORGANIZATION}/{_yaml(root / 'Pulumi.yaml')['name']}/{stack}"


def configuration(stack: str, root: Path = ROOT) -> dict[str, str]:
    """The configuration of a stack as Pulumi would hand it over: key -> text, objects as JSON, defaults filled in.

    Raises:
        ProgramError: there is no such stack, or one of the files is no YAML.
    """
    path = root / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        raise ProgramError(f"no stack {stack}: {path.name} does not exist; there are {', '.join(stacks(root))}")
    project = _yaml(root / "Pulumi.yaml")
    declared = {key: _text(spec["default"]) for key, spec in project.get("config", {}).items() if "default" in spec}
    given = {key: _text(value) for key, value in (_yaml(path).get("config") or {}).items()}
    return {**declared, **given}


def run(
    stack: str,
    monitor: RecordingMonitor,
    *,
    preview: bool = False,
    root: Path = ROOT,
    config: dict[str, str] | None = None,
    program: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Runs the program for a stack and returns what it exports.

    Args:
        stack: the stack's name.
        monitor: what resources are registered with.
        preview: whether outputs that are not known yet stay unknown, as in `pulumi preview`.
        root: the folder of the program.
        config: the configuration; by default the stack's file.
        program: what to run instead of the `__main__.py` of `root`.

    Raises:
        ProgramError: the program failed: invalid settings, or a resource that could not be made.
    """
    config = configuration(stack, root) if config is None else config
    outcome: list[Any] = []

    def main() -> None:
        runpy.run_path(str(root / "__main__.py"), run_name="__main__")

    def work() -> None:
        try:
            with _importable(root):
                outcome.append(asyncio.run(_run(stack, monitor, preview, root, config, program or main)))
        except pulumi.RunError as error:
            outcome.append(ProgramError(str(error)))
        except BaseException as error:  # noqa: BLE001 handed over to the caller's thread
            outcome.append(error)

    # Pulumi's settings are context variables: a context of its own lets programs run one after the other in a process.
    thread = threading.Thread(target=contextvars.Context().run, args=(work,), name=f"program-{stack}")
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Puts the program's folder on the import path, as Pulumi does."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


async def _run(
    stack: str,
    monitor: RecordingMonitor,
    preview: bool,
    root: Path,
    config: dict[str, str],
    program: Callable[[], None],
) -> dict[str, Any]:
    # A failure is raised below; asyncio would also print it once for each output that waited for it.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    features = set(monitor.GetDeploymentInfo(None).supportedFeatures)
    configure(
        mocks.MockSettings(
            monitor=monitor,
            monitor_features=features,
            engine=mocks.MockEngine(logging.getLogger("pulumi")),
            project=_yaml(root / "Pulumi.yaml")["name"],
            stack=stack,
            dry_run=preview,
            organization=_ORGANIZATION,
            root_directory=str(root),
            callbacks=None,
            outputs=set(),
            lock=threading.Lock(),
            package_refs={},
            base_providers_by_ref={},
        )
    )
    set_all_config(config)
    pulumi.runtime.settings.ROOT.set(None)
    await run_in_stack(program)
    (registered,) = monitor.graph.of_type(STACK_TYPE)
    return registered.outputs


def _yaml(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise ProgramError(f"{path.name} is no YAML: {error}") from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
