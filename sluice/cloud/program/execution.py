"""Runs a Pulumi program in this process, under a monitor of ours: no Pulumi CLI, no account."""

# ruff: noqa: SLF001

import asyncio
import contextvars
import gc
import importlib.util
import logging
import os
import runpy
import site
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, resource
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import SETTINGS, configure
from pulumi.runtime.stack import run_in_stack

from sluice.cloud.program.project import (
    ROOT,
    ProgramError,
    configuration,
    entry,
    full_name,
    packages,
    project_name,
    stacks,
)
from sluice.cloud.program.recording import STACK_TYPE, RecordingMonitor
from sluice.cloud.uninterrupted import uninterrupted

_OURS = Path(__file__).parents[2]
_OTHERS = {".venv", "venv", "site-packages"}
"""Folders below a program's folder that hold other people's code."""

__all__ = ["ROOT", "ProgramError", "configuration", "full_name", "run", "stacks"]


def run(
    stack: str,
    monitor: RecordingMonitor,
    *,
    preview: bool = False,
    root: Path = ROOT,
    config: dict[str, str] | None = None,
    program: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Runs the program for a stack and returns its exports.

    Args:
        stack: the stack's name.
        monitor: the monitor that registers resources.
        preview: whether outputs that are not known yet stay unknown, as in `pulumi preview`.
        root: the folder of the program.
        config: the configuration; by default the stack's file.
        program: what to run instead of the `__main__.py` of `root`.

    Raises:
        ProgramError: there is no such stack, its settings are wrong, or the program raised something.
        Exception: the monitor's first error.
    """
    config = configuration(stack, root) if config is None else config
    file = root / "__main__.py" if program else entry(root)
    main = program or (lambda: _run_file(file))

    def work() -> dict[str, Any]:
        # Pulumi's settings are context variables: a context of its own lets programs run one after the other.
        with _as_in_pulumi(file.parent, None if program else packages(root)):
            try:
                return contextvars.Context().run(asyncio.run, _run(stack, monitor, preview, root, config, main))
            finally:
                contextvars.Context().run(_let_go)

    try:
        return uninterrupted(work, lambda: monitor.fail(ProgramError("the program was interrupted")))
    except Exception as error:
        if monitor.failure:
            raise monitor.failure from None
        if isinstance(error, pulumi.RunError):
            raise ProgramError(str(error)) from None
        message = error.msg if isinstance(error, SyntaxError) else error
        raise ProgramError(f"the program failed{_place(error, root)}: {type(error).__name__}: {message}") from error


def _let_go() -> None:
    """Makes Pulumi forget the monitor, which it would otherwise keep until the next program, with all its clients."""
    SETTINGS.monitor = None  # pyright: ignore[reportAttributeAccessIssue] a property that Pulumi's types do not know


def forget_modules(root: Path, saved: Collection[Path]) -> None:
    """Forgets a program's modules imported from its folder, if one was saved, so that its next run reads them again.

    Args:
        root: The program's folder.
        saved: The files that were saved.
    """
    names = ((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    below = {name: Path(file) for name, file in names if file.startswith(f"{root}{os.sep}")}  # few of many
    own = {
        name: file for name, file in below.items() if not file.is_relative_to(_OURS) and not _OTHERS & set(file.parts)
    }
    for file in set(own.values()) & set(saved):
        # Bytecode counts as fresh if a source of the same size was written within the same second.
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
        for name in own:
            sys.modules.pop(name, None)


def _place(error: BaseException, root: Path) -> str:
    """Where in the program an error was raised, as text."""
    if isinstance(error, SyntaxError) and error.filename:
        file = root / error.filename  # sources of functions are parsed under their names below the program's folder
        if file.is_relative_to(root) and file.is_file():
            return f" at {file.relative_to(root)}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    others = {*_OTHERS, "sluice"}
    ours = [frame for frame in frames if Path(frame.filename).relative_to(root).parts[0] not in others]
    return f" at {Path(ours[-1].filename).relative_to(root)}:{ours[-1].lineno}" if ours else ""


def _run_file(path: Path) -> None:
    runpy.run_path(str(path), run_name="__main__")


@contextmanager
def _as_in_pulumi(folder: Path, packages: Path | None) -> Iterator[None]:
    """Makes the program's folder the working directory and importable, and its packages too, after all others."""
    path, before = list(sys.path), Path.cwd()
    sys.path.insert(0, str(folder))
    if packages:
        site.addsitedir(str(packages))
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path


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
    outputs: set[asyncio.Future[Any]] = set()
    features = set(monitor.GetDeploymentInfo(None).supportedFeatures)
    configure(
        mocks.MockSettings(
            monitor=monitor,
            monitor_features=features,
            engine=mocks.MockEngine(logging.getLogger("pulumi")),
            project=project_name(root),
            stack=stack,
            dry_run=preview,
            organization=full_name(stack, root).partition("/")[0],
            root_directory=str(root),
            callbacks=None,
            outputs=outputs,
            lock=threading.Lock(),
            package_refs={},
            base_providers_by_ref={},
        )
    )
    set_all_config(config)
    pulumi.runtime.settings.ROOT.set(None)

    async def run_settled() -> None:
        program()
        await _settled(outputs)

    with _uncollected(), _untraced():
        await run_in_stack(run_settled)
    (stack_resource,) = monitor.graph.of_type(STACK_TYPE)
    return stack_resource.outputs


@contextmanager
def _uncollected() -> Iterator[None]:
    """Turns garbage collection off meanwhile.

    A program makes thousands of objects that all stay: scanning them again and again takes a quarter of its time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _untraced() -> Iterator[None]:
    """Makes Pulumi leave out where in the program each resource is created.

    None of our monitors uses it, and finding it takes a sixth of a run's time.
    """
    original = resource._get_stack_trace  # there is no option
    resource._get_stack_trace = StackTrace
    try:
        yield
    finally:
        resource._get_stack_trace = original


async def _settled(outputs: set[asyncio.Future[Any]]) -> None:
    """Waits for the outputs so far, until one of them fails.

    Pulumi waits for the first of all outputs, over and over: its time grows with the square of their number, and a
    stack of seven pipelines has thousands. Failures, and outputs registered meanwhile, are left to it.
    """
    if outputs:
        await asyncio.wait(list(outputs), return_when=asyncio.FIRST_EXCEPTION)
