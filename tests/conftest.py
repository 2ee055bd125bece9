"""What tests of several folders use."""

import functools
from collections.abc import Callable

import pytest

from local import program
from local.recording import Graph, Recorder


@functools.cache
def recorded(stack: str, *, preview: bool = False) -> Graph:
    """The graph of a stack as an update, or a preview, registers it; recorded once a process."""
    recorder = Recorder("eu-north-1", preview=preview)
    program.run(stack, recorder, preview=preview)
    return recorder.graph


def record(build: Callable[[], None], *, preview: bool = False) -> Graph:
    """The graph of a program that `build` is."""
    recorder = Recorder("eu-north-1", preview=preview)
    program.run("test", recorder, preview=preview, config={}, program=build)
    return recorder.graph


@pytest.fixture
def graph_of() -> Callable[..., Graph]:
    """`graph_of("prod")`, `graph_of("prod", preview=True)`."""
    return recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--snapshot` writes the snapshots of the resource graphs anew."""
    parser.addoption("--snapshot", action="store_true", help="write the snapshots of the resource graphs anew")
