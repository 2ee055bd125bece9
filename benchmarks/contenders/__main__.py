"""Runs one contender in this fresh process, on the first core: `python benchmarks/contenders MODULE.FUNCTION`.

Prints the function's result, the units of work done; then the seconds since the first line of this file, and the peak
memory of the process, in MB.
"""

import time

started = time.perf_counter()

import importlib  # noqa: E402 the clock starts first
import os  # noqa: E402
import sys  # noqa: E402

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def peak_mb() -> float:
    """Returns the largest resident set of this process."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except OSError:  # not Linux, where this would include the process's memory before exec
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


module, function = sys.argv[1].split(".")
units = getattr(importlib.import_module(module), function)()
print(units, time.perf_counter() - started, peak_mb())
