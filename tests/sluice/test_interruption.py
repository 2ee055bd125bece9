import os
import signal

import pytest

from sluice import interruption


@pytest.fixture(autouse=True)
def _restored(ctrl_c):
    """The signals and the event as they were."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
    interruption.asked.clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_for_the_end_and_no_further_one_disturbs_it(number):
    interruption.listen()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    assert interruption.asked.is_set()
    os.kill(os.getpid(), number)


def test_ctrl_c_is_not_for_what_a_script_put_into_the_background():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interruption.listen()
    os.kill(os.getpid(), signal.SIGINT)
    assert not interruption.asked.is_set()
