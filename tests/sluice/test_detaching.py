"""What of a detached process can be seen without a cloud; the whole of it is in tests/e2e."""

import stat
import subprocess
import sys

from sluice.cloud.program.execution import ROOT

RELEASE = """
import os, sys
from pathlib import Path
from sluice import detaching
os.umask(0)
detaching.watch_starter()(Path(sys.argv[1]))
print("said")
print("told", file=sys.stderr)
"""


def test_the_log_holds_what_is_printed_and_is_for_its_owner_alone(tmp_path):
    command = [sys.executable, "-c", RELEASE, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as one:
        assert one.stderr.read() == b""
        one.wait()
        one.stdin.close()
    assert sorted((tmp_path / "up.log").read_text().split()) == ["said", "told"]
    assert stat.S_IMODE((tmp_path / "up.log").stat().st_mode) == 0o600  # it has people's addresses
