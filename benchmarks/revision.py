"""One revision of Sluice as the benchmark runs it: its functions' archives, their environment, its contenders.

`python -m benchmarks.revision` describes the checkout that it runs in, as JSON. So each revision names its functions
and their variables with its own code, and revisions may differ in all of these.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import CONTENDERS, ROOT, Sample, sample
from benchmarks.workloads import COLD_STARTS, ENVIRONMENT, HANDLERS, WORKLOADS, archive


class RevisionError(Exception):
    """A commit cannot be measured; the message says why."""


class Revision(NamedTuple):
    """A checkout, ready to be measured."""

    root: Path
    archives: dict[str, Path]
    """Handler -> its staged code."""
    environment: dict[str, str]
    functions: dict[str, tuple[str, str]]
    """Title of a workload -> Sluice as its contender: its function in the folder `contenders`, and its handler."""
    contenders: Path
    environments: dict[str, dict[str, str]]
    """Title of a workload -> environment variables that differ for it."""

    @classmethod
    def of(cls, root: Path) -> "Revision":
        """Asks the revision that is checked out in a folder.

        Raises:
            RevisionError: It cannot describe itself, because it is older than this command or broken.
        """
        command = [sys.executable, "-m", "benchmarks.revision"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RevisionError(f"the revision in {root} does not say how it is run: {done.stderr.strip()[-500:]}")
        said = json.loads(done.stdout)
        return cls(
            root,
            {handler: Path(folder) for handler, folder in said["archives"].items()},
            said["environment"],
            {title: (function, handler) for title, (function, handler) in said["functions"].items()},
            root / said.get("contenders", "benchmarks/ways"),  # the name in older revisions
            said.get("environments", {}),
        )

    def run(self, title: str, input_: str, folder: Path, endpoint: str, *, cold: bool) -> Sample:
        """Runs its part of a workload once with the file `input_`; some need none."""
        function, handler = self.functions[title]
        own = self.environments.get(title, {})
        environment = {**self.environment, **own, **({"BENCH_INPUT": input_} if input_ else {})}
        archive = self.archives[handler]
        return sample(function, folder, endpoint, environment, archive, cold=cold, contenders=self.contenders)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yields a folder with a commit's files, which exists as long as the block.

    Raises:
        RevisionError: There is no such commit.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-revision-") as folder:
        packed = Path(folder, "revision.tar")
        command = ["git", "archive", f"--output={packed}", commit]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RevisionError(f"no commit {commit!r} to compare with: {done.stderr.strip()}")
        root = Path(folder, "checkout")
        with tarfile.open(packed) as archive:
            archive.extractall(root, filter="data")
        yield root


def _describe() -> None:
    described = {
        "archives": {handler: str(archive(handler)) for handler in HANDLERS.values()},
        "environment": ENVIRONMENT,
        "environments": {workload.title: dict(workload.environment) for workload in WORKLOADS},
        "contenders": str(CONTENDERS.relative_to(ROOT)),
        "functions": {
            workload.title: (workload.contenders[0].function, workload.contenders[0].handler)
            for workload in (*WORKLOADS, *COLD_STARTS)
        },
    }
    print(json.dumps(described))


if __name__ == "__main__":
    _describe()
