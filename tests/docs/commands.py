"""How the tests of the documentation run a page's commands, and compare what they print."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.docs.markdown import Block


def run(fork: Path, script: str, given: str | None = None) -> str:
    """What a shell script prints; its own exit status is for the reader of the page."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=fork, env=env, input=given, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr


def apply(fork: Path, difference: str) -> None:
    """Makes the change that a page shows."""
    complaint = run(fork, "git apply --verbose -", difference)
    assert "error" not in complaint, complaint


def carry_out(
    fork: Path, block: Block, expected: Sequence[str], seen: Callable[[str], str] = str, seconds: float = 60
) -> None:
    """Runs a block, again and again where it is followed by output that may take a while, and compares what is seen."""
    end = time.monotonic() + seconds
    while True:
        told = seen(run(fork, block.body))
        missing = [line for line in expected if line.strip() not in told]
        if not missing or time.monotonic() > end:
            break
        time.sleep(0.2)
    assert not missing, f"{block.body}printed\n{told}\nwithout {missing}"
    assert not re.search("^Traceback", told, re.MULTILINE), told  # those that `logs` shows are indented


def untimed(text: str) -> str:
    """A text without its times, and without the spaces of columns that are as wide as their cells."""
    return re.sub(r" +", " ", re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text))


def masked(text: str) -> str:
    """A text without what differs from run to run: numbers, ids, and the columns that are as wide as they."""
    without_ids = re.sub(r"(?m)^[0-9a-f]{8}(?=  )|(?<=-)[0-9a-f]{7}\b", "ID", text)
    return re.sub(r" +", " ", re.sub(r"\d+", "N", without_ids))
