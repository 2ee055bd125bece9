"""One run of all benchmarks, from the inputs to the figures."""

import io
import json
import os
import platform
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import costs, inputs
from benchmarks.capacity import capacities
from benchmarks.costs import Cost
from benchmarks.measure import ROOT, ContenderError, NullEndpoint, Sample, Spread, sample
from benchmarks.verdicts import figures
from benchmarks.workloads import (
    ARCHIVE,
    COLD_STARTS,
    ENVIRONMENT,
    HANDLERS,
    IMPORT,
    MAILS,
    READ,
    WORKLOADS,
    Contender,
    Workload,
    archive,
)

_ARCHIVE_KB, _DEPLOY_SECONDS, _PREVIEW_SECONDS = 120, 5, 3
_BEARABLE_ROWS = 1_000_000
"""Too many rows for the slowest contender."""
_NOT_MEASURED = (
    "the peers with all rows to import: they get a third a round, the time of the rest is reckoned from it, and their "
    "peak memory is that of the third",
    "AWS: the null endpoint answers at once, so the figures are the client's own work",
    "TLS: the null endpoint speaks plain HTTP; a handshake costs a cold start a few ms, records 1 to 2 ms a 1,000 rows",
    "Lambda's cores: 1,769 MB buy one, which may be slower or faster than this machine's",
)


class Bench:
    """One run of the benchmarks."""

    def __init__(self, folder: Path, *, quick: bool, minutes: float, large: bool = False) -> None:
        self._folder = folder
        self._quick = quick
        self._large = large
        self._until = time.monotonic() + minutes * 60
        self._rows, self._records, self._items = (20_000, 2_000, 28_000) if quick else (200_000, 10_000, 140_000)
        self._rounds = 2 if quick else 3
        self._start_rounds = 3 if quick else 7
        self._archives = {handler: archive(handler) for handler in HANDLERS.values()}
        self._missed: list[str] = list(_NOT_MEASURED)
        self._loads: list[float] = []
        self._samples: defaultdict[str, list[dict[str, Sample]]] = defaultdict(list)
        """Workload -> for each round, contender -> sample."""
        self._connections: dict[str, int] = {}

    def run(self) -> dict[str, Any]:
        """Measures everything and returns the results."""
        if self._quick:
            self._missed.append("the goals, fairly: with a tenth of the work, starting up weighs ten times as much")
        inputs.write(self._folder, self._rows, self._records)
        self._warm_up()
        single = self._single()
        growth = self._growth()
        embedded = self._embedded("import", "--rows", "1000", "10000", *([] if self._quick else ["100000"])) or []
        self._starts()
        rounds = self._workloads()
        measured = [workload for workload in (*WORKLOADS, *COLD_STARTS) if self._samples[workload.title]]
        workloads = [self._figures(workload) for workload in measured]
        return {
            "machine": {
                "cores": os.cpu_count(),
                "processor": _processor(),
                "python": platform.python_version(),
                "load": Spread.of(self._loads)._asdict(),
            },
            "rounds": rounds,
            "start_rounds": self._start_rounds,
            "quick": self._quick,
            "workloads": workloads,
            "single": single,
            "growth": growth,
            "embedded": embedded,
            "capacities": [capacity._asdict() for capacity in capacities(workloads)],
            "costs": [cost._asdict() for cost in self._costs(workloads)],
            "not_measured": self._missed,
        }

    def _warm_up(self) -> None:
        """Lets Python compile the code that is not measured cold."""
        with NullEndpoint.open(self._folder, items=50) as endpoint:
            for workload in COLD_STARTS:
                self._run(workload, workload.contenders[0], workload.input, endpoint.url)

    def _run(self, workload: Workload, contender: Contender, name: str, endpoint: str, *, cold: bool = False) -> Sample:
        """Runs a contender once with the input of this name; some need none."""
        environment = {**ENVIRONMENT, **workload.environment, **({"BENCH_INPUT": name} if name else {})}
        return sample(
            contender.function, self._folder, endpoint, environment, self._archives.get(contender.handler), cold=cold
        )

    # Rounds: each runs every contender, so that load on the machine affects all of them equally.

    def _workloads(self) -> int:
        for number in range(self._rounds):
            started = time.monotonic()
            for workload in WORKLOADS:
                self._round(workload, number)
            took = time.monotonic() - started
            _say(f"round {number + 1} of {self._rounds} took {took:.0f} s")
            if number + 1 < self._rounds and time.monotonic() + took > self._until:
                self._missed.append(f"rounds {number + 2} to {self._rounds}: the time was over; see --minutes")
                return number + 1
        return self._rounds

    def _starts(self) -> None:
        for number in range(self._start_rounds):
            for workload in COLD_STARTS:
                self._round(workload, number)

    def _round(self, workload: Workload, number: int) -> None:
        self._loads.append(os.getloadavg()[0])
        ours, *peers = workload.contenders
        turn = number % max(len(peers), 1)
        taken: dict[str, Sample] = {}
        with NullEndpoint.open(self._folder, workload.delay, self._items if workload.items else 50) as endpoint:
            try:
                # Ours is short, so it runs between all the others, under the same load of the machine.
                runs = [self._taken(workload, ours, endpoint.url)]
                for peer in (*peers[turn:], *peers[:turn]):
                    taken[peer.name] = self._taken(workload, peer, endpoint.url)
                    runs.append(self._taken(workload, ours, endpoint.url))
            except ContenderError as error:
                self._missed.append(f"round {number + 1} of {workload.title}: {error}")
                return
        self._samples[workload.title].append({**taken, ours.name: Sample.mean(runs)})
        self._connections[workload.title] = endpoint.connections

    def _taken(self, workload: Workload, contender: Contender, endpoint: str) -> Sample:
        one = self._measured(workload, contender, endpoint)
        _say(f"{workload.title}: {contender.name}: {one.cpu_ms_per_1000:,.1f} CPU ms a 1,000, {one.wall:.1f} s")
        return one

    def _measured(self, workload: Workload, contender: Contender, endpoint: str) -> Sample:
        if workload.peers_part and not contender.handler:
            part, start = (
                self._run(workload, contender, name, endpoint, cold=workload.cold) for name in workload.peers_part
            )
            return part.times(inputs.PARTS, start)
        return self._run(workload, contender, workload.input, endpoint, cold=workload.cold)

    def _figures(self, workload: Workload) -> dict[str, Any]:
        rounds = self._samples[workload.title]
        samples = {contender.name: [taken[contender.name] for taken in rounds] for contender in workload.contenders}
        return figures(workload, samples, self._connections[workload.title])

    # Once.

    def _single(self) -> list[dict[str, Any]]:
        checks = []
        for name, handler in HANDLERS.items():
            size = zipped(self._archives[handler]) / 1000
            goal = {"goal": f"at most {_ARCHIVE_KB} KB", "found": f"{size:.0f} KB", "met": size <= _ARCHIVE_KB}
            checks.append({"what": f"archive: {name}", **goal})
        for what, command, limit in (
            ("deploy into the embedded cloud", "deploy", _DEPLOY_SECONDS),
            ("preview of prod", "preview", _PREVIEW_SECONDS),
        ):
            if seconds := self._embedded(command):
                median = Spread.of(seconds).median
                shown = f"{median:.1f} s"
                checks.append({"what": what, "goal": f"at most {limit} s", "found": shown, "met": median <= limit})
        return checks

    def _growth(self) -> list[dict[str, Any]]:
        """Returns CPU and memory of one import by rows, and those of `Table.batch_writer` up to a bearable number."""
        points = []
        ours, theirs = WORKLOADS[0].contenders[:2]
        largest = 100_000 if self._quick else 10_000_000 if self._large else 1_000_000
        with NullEndpoint.open(self._folder) as endpoint:
            for rows in (10_000, 100_000, 1_000_000, 10_000_000):
                name = f"rows-{rows}.csv"
                if rows > largest:
                    continue
                with (self._folder / "incoming" / name).open("w", encoding="utf-8", newline="") as file:
                    file.writelines(inputs.csv_lines(rows))
                for contender in (ours, theirs) if rows < min(largest, _BEARABLE_ROWS) else (ours,):
                    try:
                        taken = self._run(WORKLOADS[0], contender, name, endpoint.url)
                    except ContenderError as error:
                        self._missed.append(f"{rows:,} rows: {contender.name} failed: {error}")
                        continue
                    point = {
                        "contender": contender.name,
                        "rows": rows,
                        "cpu": taken.cpu,
                        "wall": taken.wall,
                        "peak_mb": taken.peak_mb,
                    }
                    points.append(point)
                    _say(f"{rows:,} rows: {contender.name}: {taken.cpu:.1f} CPU s, {taken.peak_mb:.0f} MB")
        return points

    def _embedded(self, *arguments: str) -> Any:
        """Returns the results of `benchmarks.embedded`, or None where it fails."""
        python = ROOT / ".venv/bin/python"
        _say(f"embedded cloud: {' '.join(arguments)}")
        done = subprocess.run(
            [str(python), "-m", "benchmarks.embedded", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self._missed.append(f"embedded cloud, {arguments[0]}: {done.stderr.strip().splitlines()[-1]}")
            return None
        return json.loads(done.stdout)

    def _costs(self, workloads: Sequence[dict[str, Any]]) -> list[Cost]:
        of = {
            IMPORT: costs.million_rows,
            ARCHIVE: costs.million_changes,
            MAILS: costs.million_mails,
            READ: partial(costs.report, items=self._items, item_bytes=inputs.ITEM_BYTES),
        }
        ours = {workload["workload"]: workload["contenders"][0]["cpu_ms_per_1000"]["median"] for workload in workloads}
        return [cost(ours[title]) for title, cost in of.items() if title in ours]


def zipped(folder: Path) -> int:
    """Returns the bytes of a staged folder as it is uploaded to Lambda."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            file.write(path, path.relative_to(folder))
    return len(archive.getvalue())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
