"""The index of packages, which tests may have and may not: the suite runs without a network too."""

import os
import subprocess
import sys


def has_index() -> bool:
    """Whether packages can be had."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", os.devnull, "humanize"]
    return "No matching distribution" not in subprocess.run(command, capture_output=True, text=True, check=False).stderr
