"""A week of use in an hour (`make soak`): whatever happens, all is done once that was asked for, and nothing is left.

`--minutes` says how long it takes, `--seed` what happens. The short form is one day of seconds.
"""

import gc
import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.triggers.schedules import Fired
from sluice.terminal import say
from tests.proof.soak.account import PROMISES, Account, Found
from tests.proof.soak.usage import Usage, measured
from tests.proof.soak.week import Week
from tests.stacks import copied_program

pytestmark = pytest.mark.e2e

_DAYS = 7
_PACE = 0.15
_DAY_AND_NIGHT = 1.3
"""How much longer a day is with its night."""
_ACCOUNT_KIB, _CONTENTS_KIB = 2, 4
"""What a case may take of memory: in the account here (1.3 in an hour), and in the emulator, which keeps all (2.6)."""
_SLACK, _SLACK_MIB, _SLACK_FILES = 30, 30, 100
"""So much is chance: what ran last, which is kept for a while. What leaks does so thousands of times."""


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    return request.config.getoption("--minutes", default=None) or 0


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--seed", default=None) or 1


def test_a_week_of_use_ends_with_all_done_once_and_nothing_left(tmp_path, minutes, seed, promised):
    days = _DAYS if minutes else 1
    steps = int(minutes * 60 / days / _DAY_AND_NIGHT / _PACE) if minutes else 60
    pace = _PACE if minutes else 0
    say(f"seed {seed}: {days} days of {steps:,} steps")
    files, threads, children = _of_this_process()
    found, usages, folder = _spend(tmp_path / "program", seed, days, steps, pace)
    gc.collect()
    after = _of_this_process()
    assert after.files <= files
    assert after.threads <= threads
    assert after.children <= children
    assert not folder.exists()
    _check_growth(usages)
    for promise, one in found.items():
        promised(f"{promise}, seed {seed}", cases=one.cases, lost=0, doubled=0)


def _spend(root: Path, seed: int, days: int, steps: int, pace: float) -> tuple[dict[str, Found], list[Usage], Path]:
    """Spends the days; what was found at the end of the last one, what was taken at the end of each, and where."""
    fired, found, usages = list[Fired](), dict[str, Found](), list[Usage]()
    with (
        copied_program(root),
        EmbeddedCloud(on_event=lambda event: fired.append(event) if isinstance(event, Fired) else None) as cloud,
        FaultProxy(cloud.endpoint, credentials=("test", "test")) as faults,
        Week(cloud, faults, root, seed) as week,
    ):
        account = Account(week, fired)
        for day in range(1, days + 1):
            began = time.monotonic()
            week.spend_day(steps, pace)
            left = week.spend_night(account.undone)
            found = {promise: look(account) for promise, look in PROMISES.items()}
            cases = sum(one.cases for one in found.values())
            usages.append(measured(cloud.server.pid, cloud.server.folder, cases))
            told = f"{week.faulty:,} faults, {account.late_answers} late answers"
            say(f"day {day}: {time.monotonic() - began:.0f} s, {told}, {usages[-1]}")
            for promise, one in found.items():
                assert not one.lost, f"{promise}: lost with seed {seed} on day {day}"
                assert not one.doubled, f"{promise}: once too often with seed {seed} on day {day}"
            assert not left
        say(f"{dict(week.done)}, redriven {dict(week.redriven)}")
        return found, usages, cloud.server.folder


def _check_growth(usages: list[Usage]) -> None:
    """Fails where the last night has more than the first, beyond what the account and the cloud's contents take."""
    first, last = usages[0], usages[-1]
    cases = last.cases - first.cases
    assert last.mib - first.mib <= _SLACK_MIB + cases * _ACCOUNT_KIB / 1024
    assert last.emulator_mib - first.emulator_mib <= _SLACK_MIB + cases * _CONTENTS_KIB / 1024
    assert last.worker_mib - first.worker_mib <= _SLACK_MIB
    assert last.threads - first.threads <= _SLACK
    assert last.emulator_threads - first.emulator_threads <= _SLACK
    assert last.files - first.files <= _SLACK_FILES
    assert last.emulator_files - first.emulator_files <= _SLACK_FILES
    assert last.workers - first.workers <= _SLACK


class _Taken(NamedTuple):
    files: int
    threads: set[str]
    children: set[str]


def _of_this_process() -> _Taken:
    """How many files it has open, its threads and its child processes."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return _Taken(len(os.listdir("/proc/self/fd")), {str(thread) for thread in threading.enumerate()}, set(children))
