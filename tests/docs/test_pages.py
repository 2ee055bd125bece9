"""Makes the changes of pages in copies of the repository and runs their commands, in their order."""

import re
import socket
import time

import pytest

from sluice import __version__
from tests.docs.commands import apply, carry_out, masked, run, untimed
from tests.docs.markdown import ROOT, Block, blocks
from tests.package_index import has_index

FILE = re.compile(r"# (\S+\.\w+)\n")
PORT = "4599"


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


def write(fork, name, body):
    path = fork / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{path.read_text()}\n\n{body}" if path.exists() else body)


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
            apply(fork, block.body)
        elif block.info == "sh":
            is_output = following.info == "text" and not FILE.match(following.body)
            carry_out(fork, block, untimed(following.body).splitlines() if is_output else [], untimed)


@pytest.mark.e2e
def test_the_play_of_the_readme_goes_as_written_in_two_minutes(fork):
    section = (ROOT / "README.md").read_text().partition("## Play with it")[2].partition("\n## ")[0]
    began, page = time.monotonic(), blocks(section)
    for step, following in zip(page, [*page[1:], Block("", "")], strict=True):
        if step.info == "sh":
            own = [line for line in step.body.splitlines() if line.startswith("python -m sluice ")]  # setup is done
            expected = masked(following.body).splitlines() if following.info == "text" else []
            carry_out(fork, Block("sh", "\n".join(own)), expected, masked)
    assert time.monotonic() - began < 120


@pytest.mark.slow
def test_the_wheel_of_the_readme_is_made_as_written(fork, monkeypatch):
    section = (ROOT / "README.md").read_text().partition("## Use it in your own program")[2].partition("\n## ")[0]
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")  # what builds it is in .venv, and is not downloaded again
    (made,) = [block for block in blocks(section) if block.info == "sh"]
    printed = run(fork, made.body)
    assert [wheel.name for wheel in fork.glob("dist/*")] == [f"sluice_pipelines-{__version__}-py3-none-any.whl"], (
        printed
    )


def test_nothing_else_of_the_readme_is_a_command():
    """`make test` is what CI runs, and the demo has tests of its own."""
    page = (ROOT / "README.md").read_text()
    tested = [
        *blocks(page.partition("## Play with it")[2].partition("\n## ")[0]),
        *blocks(page.partition("## Use it in your own program")[2].partition("\n## ")[0]),
    ]
    others = [block.body for block in blocks(page) if block.info == "sh" and block not in tested]
    assert others == ["make demo\nmake test\n"]
    assert "make test" in (ROOT / ".ci/run").read_text().splitlines()
