"""Runs the Pulumi program of a checkout in this process, under a monitor of ours: no Pulumi CLI, no account."""

import asyncio
import contextvars
import json
import logging
import runpy
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from sluice import yaml_files
from sluice.cloud.program.recording import STACK_TYPE, RecordingMonitor
from sluice.cloud.uninterrupted import uninterrupted

ROOT = Path(__file__).parents[3]
"""The checkout."""
_ORGANIZATION = "organization"


class ProgramError(Exception):
    """The program cannot be run, or it failed; the message says why."""


def stacks(root: Path = ROOT) -> list[str]:
    """The stacks that have a file."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))


def full_name(stack: str, root: Path = ROOT) -> str:
    """What other programs refer to a stack by: `organization/project/stack`."""
    return f"{_ORGANIZATION}/{_document(root / 'Pulumi.yaml')['name']}/{stack}"


def configuration(stack: str, root: Path = ROOT) -> dict[str, str]:
    """The configuration of a stack as Pulumi would hand it over: key -> text, objects as JSON, defaults filled in.

    Raises:
        ProgramError: there is no such stack, or one of the files is no YAML, or says a thing twice.
    """
    if stack not in stacks(root):
        raise ProgramError(f"no stack {stack}: there is no Pulumi.{stack}.yaml; there are {', '.join(stacks(root))}")
    declared = _document(root / "Pulumi.yaml").get("config") or {}
    defaults = {key: _text(spec["default"]) for key, spec in declared.items() if "default" in spec}
    settings = _document(root / f"Pulumi.{stack}.yaml").get("config") or {}
    return {**defaults, **{key: _text(value) for key, value in settings.items()}}


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
        ProgramError: there is no such stack, its settings are wrong, or the program raised something.
        Exception: what the monitor raised first.
    """
    config = configuration(stack, root) if config is None else config
    main = program or (lambda: _run_file(root / "__main__.py"))

    def work() -> dict[str, Any]:
        # Pulumi's settings are context variables: a context of its own lets programs run one after the other.
        with _importable(root):
            return contextvars.Context().run(asyncio.run, _run(stack, monitor, preview, root, config, main))

    try:
        return uninterrupted(work, lambda: monitor.fail(ProgramError("the program was interrupted")))
    except Exception as error:
        if monitor.failure:
            raise monitor.failure from None
        if isinstance(error, pulumi.RunError):
            raise ProgramError(str(error)) from None
        raise ProgramError(f"the program failed{_place(error, root)}: {type(error).__name__}: {error}") from error


def _place(error: BaseException, root: Path) -> str:
    """Where in the program an error came up, in words."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    ours = [frame for frame in frames if Path(frame.filename).relative_to(root).parts[0] not in (".venv", "sluice")]
    return f" at {Path(ours[-1].filename).relative_to(root)}:{ours[-1].lineno}" if ours else ""


def _run_file(path: Path) -> None:
    runpy.run_path(str(path), run_name="__main__")


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
            project=_document(root / "Pulumi.yaml")["name"],
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
    (stack_resource,) = monitor.graph.of_type(STACK_TYPE)
    return stack_resource.outputs


def _document(path: Path) -> dict[str, Any]:
    """Returns what one of Pulumi's files holds."""
    try:
        document = yaml_files.read(path)
    except yaml_files.YamlError as error:
        raise ProgramError(str(error)) from None
    if not isinstance(document.get("config") or {}, dict):
        raise ProgramError(f"{path.name}: config is no object")
    return document


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
