"""Makes the changes of pages in copies of the repository and runs their commands, in their order."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, Block, blocks
from tests.package_index import has_index

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
FILE = re.compile(r"# (\S+\.\w+)\n")
PORT = "4599"


@pytest.fixture
def fork(tmp_path):
    """A copy of the repository; whatever runs in it is stopped at the end."""
    path = tmp_path / "fork"
    shutil.copytree(ROOT, path, ignore=NOT_COPIED)
    yield path
    run(path, "test ! -d .sluice || python -m sluice down")


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


def run(fork, script, given=None):
    """What a shell script prints; its own exit status is for the reader of the page."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=fork, env=env, input=given, capture_output=True, text=True, timeout=120, check=False
    )
    return done.stdout + done.stderr


def write(fork, name, body):
    path = fork / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{path.read_text()}\n\n{body}" if path.exists() else body)


def carry_out(fork, block, expected, seen=str):
    """Runs a block, again and again where it is followed by output that may take a while, and compares what is seen."""
    end = time.monotonic() + 60
    while True:
        told = seen(run(fork, block.body))
        missing = [line for line in expected if line.strip() not in told]
        if not missing or time.monotonic() > end:
            break
        time.sleep(0.2)
    assert not missing, f"{block.body}printed\n{told}\nwithout {missing}"
    assert "Traceback" not in told, told


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["extending.md", "packages.md"])
def test_each_change_of_a_page_works_as_written(fork, name):
    if name == "packages.md" and not has_index():
        pytest.skip("the page installs packages, and there is no index to be reached")
    page = blocks((ROOT / "docs" / name).read_text().replace(PORT, free_port()))
    for block, following in zip(page, [*page[1:], Block("", "")], strict=True):
        named = FILE.match(block.body)
        if named:
            write(fork, named[1], block.body[named.end() :])
        elif block.info == "diff":
            complaint = run(fork, "git apply --verbose -", block.body)
            assert "error" not in complaint, complaint
        elif block.info == "sh":
            is_output = following.info == "text" and not FILE.match(following.body)
            carry_out(fork, block, untimed(following.body).splitlines() if is_output else [], untimed)


def untimed(text):
    """A text without its times, and without the spaces of columns that are as wide as their cells."""
    return re.sub(r" +", " ", re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text))


def masked(text):
    """A text without what differs from run to run: numbers, ids, and the columns that are as wide as they."""
    without_ids = re.sub(r"(?m)^[0-9a-f]{8}(?=  )|(?<=-)[0-9a-f]{7}\b", "ID", text)
    return re.sub(r" +", " ", re.sub(r"\d+", "N", without_ids))


@pytest.mark.e2e
def test_the_play_of_the_readme_goes_as_written_in_two_minutes(fork):
    section = (ROOT / "README.md").read_text().partition("To play with it yourself")[2].partition("\n## ")[0]
    began, page = time.monotonic(), blocks(section)
    for step, following in zip(page, [*page[1:], Block("", "")], strict=True):
        if step.info == "sh":
            own = [line for line in step.body.splitlines() if line.startswith("python -m sluice ")]  # setup is done
            expected = masked(following.body).splitlines() if following.info == "text" else []
            carry_out(fork, Block("sh", "\n".join(own)), expected, masked)
    assert time.monotonic() - began < 120
