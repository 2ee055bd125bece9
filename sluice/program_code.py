"""Runs a module of the code of functions, in a process of its folder, as a function would have it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_PASSED_ON = ("PATH", "HOME", "PYTHONDONTWRITEBYTECODE")
"""The developer's variables that a function's code gets: others would not exist in AWS, or would influence Python."""

_HERE = Path(__file__).parent
OWN = _HERE / "components/functions" if (_HERE / "components/functions").is_dir() else _HERE.parent
"""The folder with the code of Sluice's own functions: the repository, or the installed components' copy."""


def has_module(root: Path, module: str) -> bool:
    """Returns whether a folder of code has a module."""
    return Path(root, *module.split(".")).with_suffix(".py").is_file()


def run_module(
    root: Path,
    module: str,
    *arguments: str,
    variables: Mapping[str, str],
    packages: str = "",
    given: bytes = b"",
    seconds: float | None = None,
) -> "subprocess.CompletedProcess[bytes]":
    """Runs a module, and returns how it ended and what it printed.

    Args:
        root: The program's folder, or `OWN`.
        module: Its dotted name.
        arguments: Its arguments.
        variables: The function's environment variables.
        packages: The folder of the packages of the function's code; empty if there are none.
        given: Its standard input.
        seconds: How long it may take; None for no limit.

    Raises:
        subprocess.TimeoutExpired: It took longer, and was ended.
    """
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        env={
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "PYTHONUTF8": "1",
            "PYTHONPATH": packages,
            **variables,
        },
        input=given,
        capture_output=True,
        check=False,
        timeout=seconds,
    )
