"""Measures the time from a save until it is live while `sluice up --watch` runs, for each kind of file twenty times.

`python -m benchmarks.edits` runs in `.venv`, where the embedded cloud is, on a copy of the checkout. It prints JSON:
for each kind the seconds of each round, their median and 95th percentile, and the machine's load before and after.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import ROOT
from sluice.target import Target

ROUNDS = 20
GOALS = {"handler": 0.5, "template": 0.5, "settings": 2.0, "program": 2.0}
"""Kind of file -> the most seconds for 95 of 100 edits."""
PAUSE_SECONDS = 3.0
"""The pause before each edit, in which the program's run, which overrides what was deployed before it, ends."""
_LONGEST_SECONDS = 30
_LOOK_SECONDS = 0.01


class Edit(NamedTuple):
    """A repeatable edit."""

    file: str
    text: str
    """The original text."""
    template: str
    """Its replacement, with the number of the round as `{}`."""
    look: Callable[[Target], Any]
    """Returns a value that changes when the edit is live."""


def _configuration(output: str) -> Callable[[Target, str], Any]:
    def look(target: Target, field: str) -> Any:
        section, name, function = output.split(".")
        configuration = target.client("lambda").get_function_configuration(FunctionName=target[section][name][function])
        return configuration.get(field)

    return look


def _template(target: Target) -> Any:
    ses = target.client("ses")
    names = [one["Name"] for one in ses.list_templates()["TemplatesMetadata"]]
    return [ses.get_template(TemplateName=name)["Template"]["TextPart"] for name in sorted(names)]


_ARCHIVER = _configuration("streams.users.archiver_function_name")
_IMPORTER = _configuration("imports.items.function_name")

EDITS = {
    "handler": Edit(
        "handlers/archiver/handler.py",
        "records=len(event",
        "edit={}, records=len(event",
        lambda target: _ARCHIVER(target, "CodeSha256"),
    ),
    "template": Edit("infra/templates/welcome/body.txt", "{{name}}", "{{{{name}}}} ({})", _template),
    "settings": Edit(
        "Pulumi.local.yaml",
        "columns: {price: N",
        "timeoutSeconds: 3{:02}\n      columns: {{price: N",
        lambda target: _IMPORTER(target, "Timeout"),
    ),
    "program": Edit(
        "infra/archiver.py",
        '"description": "',
        '"description": "{} ',
        lambda target: _ARCHIVER(target, "Description"),
    ),
}


@contextmanager
def _running() -> Iterator[tuple[Path, Target]]:
    """Yields a copy of the checkout whose stack `local` runs and is watched."""
    with tempfile.TemporaryDirectory(prefix="sluice-edits-") as folder:
        root = Path(folder, "checkout")
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules"))
        sluice = [sys.executable, "-m", "sluice"]
        subprocess.run([*sluice, "up", "--detach", "--watch"], cwd=root, check=True, stdout=subprocess.DEVNULL)
        try:
            known = json.loads((root / ".sluice/local/state.json").read_text())
            yield root, Target(known["outputs"], known["endpoint"], known["region"], known["token"])
        finally:
            subprocess.run([*sluice, "down"], cwd=root, check=True, stdout=subprocess.DEVNULL)


def _measured(root: Path, target: Target, edit: Edit, rounds: int, pause: float) -> Iterator[float]:
    """Yields the seconds of each round from the save until it is live."""
    file = root / edit.file
    original = file.read_text()
    for number in range(rounds):
        time.sleep(pause)
        text, before = original.replace(edit.text, edit.template.format(number), 1), edit.look(target)
        assert text != original
        began = time.perf_counter()
        file.write_text(text)
        while edit.look(target) == before:
            if time.perf_counter() - began > _LONGEST_SECONDS:
                raise TimeoutError(f"{edit.file} was not live after {_LONGEST_SECONDS} s")
            time.sleep(_LOOK_SECONDS)
        yield time.perf_counter() - began


def measure(rounds: int = ROUNDS, pause: float = PAUSE_SECONDS) -> dict[str, Any]:
    """Returns the measurements of each kind, and the load of the machine before and after."""
    loads = [os.getloadavg()[0]]
    with _running() as (root, target):
        seconds = {kind: list(_measured(root, target, edit, rounds, pause)) for kind, edit in EDITS.items()}
    loads.append(os.getloadavg()[0])
    kinds = {
        kind: {
            "median": round(statistics.median(took), 3),
            "p95": round(percentile(took), 3),
            "goal": GOALS[kind],
            "seconds": [round(one, 3) for one in took],
        }
        for kind, took in seconds.items()
    }
    return {"rounds": rounds, "load": [round(load, 1) for load in loads], "cores": os.cpu_count(), "edits": kinds}


def percentile(seconds: list[float], share: float = 0.95) -> float:
    """Returns the smallest of the times that at least this share of them does not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def main() -> None:
    """Prints the measurements; exits with 1 where a kind takes longer than its goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, metavar="SECONDS", help="before each edit")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as with Ctrl-C, so that the cloud is stopped
    measured = measure(options.rounds, options.pause)
    print(json.dumps(measured))
    sys.exit(any(one["p95"] > one["goal"] for one in measured["edits"].values()))


if __name__ == "__main__":
    main()
