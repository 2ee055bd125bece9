"""The consumer's program, recorded beside a Sluice stack that is only made up."""

import functools

import pytest

from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import Recorder

CONSUMER = program.ROOT / "examples" / "consumer"


@functools.cache
def sluice_outputs(stack):
    """What the Sluice stack exports."""
    return program.run(stack, Recorder("eu-north-1"))


@functools.cache
def _recorded(stack, preview):
    recorder = Recorder("eu-north-1", preview=preview, stacks={program.full_name(stack): sluice_outputs(stack)})
    program.run(stack, recorder, preview=preview, root=CONSUMER)
    return recorder.graph


@pytest.fixture
def consumer_of():
    """`consumer_of("dev")`, `consumer_of("dev", preview=True)`."""
    return lambda stack, *, preview=False: _recorded(stack, preview)


@pytest.fixture
def outputs_of():
    """The outputs of the Sluice stack beside it."""
    return sluice_outputs
