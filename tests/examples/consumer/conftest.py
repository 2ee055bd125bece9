"""The consumer's program, recorded beside a Sluice stack that is only made up."""

import pytest

from sluice.cloud.program.execution import ROOT
from tests.infra.reading import outputs, recorded

CONSUMER = ROOT / "examples" / "consumer"


@pytest.fixture
def consumer_of():
    """`consumer_of("dev")`, `consumer_of("dev", preview=True)`."""
    return lambda stack, *, preview=False: recorded(stack, preview=preview, root=CONSUMER)


@pytest.fixture
def outputs_of():
    """The outputs of the Sluice stack beside it."""
    return lambda stack: outputs(recorded(stack))
