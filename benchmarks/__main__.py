"""Runs every benchmark, prints the tables and writes the JSON file: `make bench`, `make bench ARGS=--quick`.

`make bench ARGS='--against COMMIT'` compares this checkout with another revision instead, and writes nothing.
"""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks import plot, tables
from benchmarks.bench import Bench
from benchmarks.comparison import compare
from benchmarks.measure import ROOT
from benchmarks.revision import RevisionError

_HERE = ROOT / "benchmarks"
_RESULTS = _HERE / "results.json"
_PLOT = _HERE / "growth.svg"
_PAGE, _PAGE_PLOT = ROOT / "docs/performance.md", ROOT / "docs/growth.svg"
_MARKS = "<!-- the benchmark's tables: begin -->\n", "<!-- the benchmark's tables: end -->"


def _publish(results: str) -> None:
    """Writes tables and plot into the documentation."""
    before, _, rest = _PAGE.read_text().partition(_MARKS[0])
    after = rest.partition(_MARKS[1])[2]
    _PAGE.write_text(f"{before}{_MARKS[0]}\n{results}\n{_MARKS[1]}{after}")
    _PAGE_PLOT.write_bytes(_PLOT.read_bytes())


def _compare(commit: str, pairs: int, only: str) -> None:
    """Compares with another revision; exits with 1 where a workload has become worse."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        try:
            sys.exit(not compare(commit, pairs, only, Path(folder)))
        except RevisionError as error:
            sys.exit(f"Error: {error}")


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the work and fewer rounds, about two minutes")
    parser.add_argument("--large", action="store_true", help="also an import of ten million rows, 1.4 GB on the disk")
    parser.add_argument("--minutes", type=float, default=14, help="begin no further round that would end later")
    parser.add_argument("--docs", action="store_true", help="also put tables and plot into docs/")
    parser.add_argument("--against", metavar="COMMIT", help="compare Sluice with another revision of it")
    parser.add_argument("--pairs", type=int, default=15, help="with --against: how often both run; 15 by default")
    parser.add_argument("--only", default="", metavar="TEXT", help="with --against: workloads with this in their title")
    options = parser.parse_args()
    if options.quick and options.docs:
        parser.error("--docs shows figures of a whole run: leave --quick out")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as with Ctrl-C, so that the temporary folder is removed
    if options.against:
        _compare(options.against, options.pairs, options.only)
        return
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        results = Bench(Path(folder), quick=options.quick, minutes=options.minutes, large=options.large).run()
    _RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    plot.draw(_PLOT, results["growth"], results["embedded"])
    text = tables.render(results)
    print(f"\n{text}\nWritten: {_RESULTS.relative_to(ROOT)}, {_PLOT.relative_to(ROOT)}")
    if options.docs:
        _publish(text)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
