"""What tests of several folders use."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import Graph, Recorder

# The same examples in every run, and no clock: a test fails for what it finds, not by chance or on a busy machine.
# `--hypothesis-profile=default` looks for new examples.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@functools.cache
def recorded(stack: str, *, preview: bool = False) -> Graph:
    """The graph of a stack as an update, or a preview, registers it; recorded once a process."""
    recorder = Recorder("eu-north-1", preview=preview)
    program.run(stack, recorder, preview=preview)
    return recorder.graph


def record(build: Callable[[], None], *, preview: bool = False) -> Graph:
    """The graph of a program that `build` is; what it raised is raised here."""
    recorder = Recorder("eu-north-1", preview=preview)
    try:
        program.run("test", recorder, preview=preview, config={}, program=build)
    except program.ProgramError as error:
        raise (error.__cause__ or error) from None
    return recorder.graph


@pytest.fixture
def graph_of() -> Callable[..., Graph]:
    """`graph_of("prod")`, `graph_of("prod", preview=True)`."""
    return recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--snapshot` writes the snapshots of the resource graphs anew."""
    parser.addoption("--snapshot", action="store_true", help="write the snapshots of the resource graphs anew")


@pytest.fixture(scope="session")
def embedded_cloud() -> Iterator[EmbeddedCloud]:
    """An emulator that all tests of a process share; each puts its own things into it."""
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, with no state, that is the working directory."""
    for name in ("__main__.py", "handlers", "infra", "sluice"):
        (tmp_path / name).symlink_to(program.ROOT / name)
    for path in program.ROOT.glob("Pulumi*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path
