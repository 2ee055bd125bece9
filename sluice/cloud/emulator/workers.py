"""The processes that run functions: they see their archive, boto3 and the standard library, and nothing else here.

The emulator runs functions with its own interpreter, which has all packages of the tool and its tests. Without this, a
package that is missing in AWS would be found here.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from sluice.cloud.emulator import worker_logs

_LAMBDA_HAS = ("boto3", "backports.zstd")
"""boto3 is in Lambda's runtimes, `compression.zstd` in their library: here `backports.zstd` stands in for it."""
_LOOK_SECONDS = 0.05
_LONGEST_SECONDS = 900
"""The longest time of an invocation."""
_START_SECONDS = 10
"""How long a worker may take until an invocation begins."""
_KEPT_VARIABLES = ("PATH", "LANG", "TMPDIR", "SSL_CERT_FILE")


def isolate(folder: Path) -> None:
    """Has the emulator start functions in isolated interpreters, which are prepared in a folder.

    Called in the emulator's process, before it runs a function.
    """
    from ministack.core import lambda_runtime

    packages = _linked(folder / "packages")
    interpreter = _interpreter(folder / "python")
    script = _prologue(packages) + worker_logs.complete() + lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    original = lambda_runtime._detect_runtime_binary  # noqa: SLF001

    def detect(runtime: str) -> tuple[str, str]:
        return (str(interpreter), script) if runtime.startswith("python") else original(runtime)

    lambda_runtime._detect_runtime_binary = detect  # noqa: SLF001
    kill = lambda_runtime.kill_workers
    lambda_runtime.kill_workers = lambda workers: _kill_when_free(workers, kill)


def _kill_when_free(workers: Iterable[Any], kill: Callable[[list[Any]], None]) -> None:
    """Lets busy workers finish with the code that they began with, as Lambda does when a function is updated."""
    idle = list[Any]()
    for worker in workers:
        if worker and worker.in_use:
            threading.Thread(target=_kill_in_the_end, args=(worker, kill), daemon=True).start()
        else:
            idle.append(worker)
    kill(idle)


def _kill_in_the_end(worker: Any, kill: Callable[[list[Any]], None]) -> None:
    end = time.monotonic() + worker.config.get("Timeout", _LONGEST_SECONDS) + _START_SECONDS
    while worker.in_use and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    kill([worker])


def _interpreter(path: Path) -> Path:
    """A program that starts this interpreter without the packages and the settings of its environment."""
    # -I and -S leave out PYTHON* variables and site-packages; -B writes no caches, -u holds no output back.
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S -B -u "$@"\n')
    path.chmod(0o700)
    return path


def _prologue(packages: Path) -> str:
    """The code that a worker runs first."""
    foreign = sorted(name for name in os.environ if name not in _KEPT_VARIABLES and not name.startswith("AWS_"))
    return (
        f"import os, sys\nsys.path.append({str(packages)!r})\n"
        f"for _name in {foreign!r}:\n    os.environ.pop(_name, None)\n"
    )


def _linked(folder: Path) -> Path:
    """A folder with links to the packages in Lambda's runtimes, and to their dependencies."""
    folder.mkdir(parents=True, exist_ok=True)  # it exists after a start that lost its port
    for name in _LAMBDA_HAS:
        for package in _with_dependencies(name, {}).values():
            for module in _top_level(package):
                link = folder / module.name
                if not link.exists():
                    link.symlink_to(module)
    return folder


def _with_dependencies(name: str, known: dict[str, Distribution]) -> dict[str, Distribution]:
    if name not in known:
        try:
            known[name] = distribution(name)
        except PackageNotFoundError:  # a module in this interpreter's library needs no stand-in
            return known
        for line in known[name].requires or ():
            requirement = Requirement(line)
            if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
                _with_dependencies(requirement.name, known)
    return known


def _top_level(package: Distribution) -> set[Path]:
    """The folders and modules that a package has installed, without its metadata."""
    places = (file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__"))
    return {Path(str(package.locate_file(place))) for place in places if not place.endswith(".dist-info")}
