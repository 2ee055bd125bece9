import os
import signal
import threading

import pytest

from sluice.cloud.uninterrupted import uninterrupted


def test_what_came_of_it_is_returned():
    assert uninterrupted(lambda: 42) == 42


def test_what_it_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        uninterrupted(lambda: 1 // 0)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_goes_on_only_after_the_work_has_ended():
    ended = []

    def work():
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(0.1)
        ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        uninterrupted(work)
    assert ended == [True]


@pytest.mark.usefixtures("ctrl_c")
def test_work_is_told_of_ctrl_c():
    told = threading.Event()

    def work():
        os.kill(os.getpid(), signal.SIGINT)
        assert told.wait(10)

    with pytest.raises(KeyboardInterrupt):
        uninterrupted(work, told.set)
