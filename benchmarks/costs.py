"""The cost of a million of each at AWS's list prices, with arithmetic. us-east-1, arm64, on demand, no free tier."""

from typing import NamedTuple

from benchmarks.capacity import CORE_MB, IMPORTER_MB, STREAM_MB, TABLE_WRITES_PER_SECOND, seconds

WRITE_UNIT = 0.625e-6
READ_UNIT = 0.125e-6
GB_SECOND = 0.0000133334
INVOCATION = 0.20e-6
PUT_OBJECT = 5e-6
MAIL = 100e-6
MAILS_PER_SECOND = 14
"""SES's default quota for an account that has left the sandbox."""

_BATCH = 100
_MIB = 1 << 20
_UNITS_A_PAGE = 128
"""Read units of a page of 1 MB, eventually consistent."""


class Cost(NamedTuple):
    """The cost of something."""

    what: str
    dollars: float
    arithmetic: str


def million_rows(cpu_ms_per_1000: float) -> Cost:
    """Returns the cost of a million CSV rows of up to 1 KB each: one write unit per row."""
    busy = seconds(cpu_ms_per_1000, 1e6, IMPORTER_MB)
    function = max(busy, 1e6 / TABLE_WRITES_PER_SECOND) * IMPORTER_MB / 1024 * GB_SECOND
    writes = 1e6 * WRITE_UNIT
    return Cost(
        "a million imported rows",
        writes + function,
        f"1,000,000 write units = ${writes:.3f}; Lambda: the longer of {busy:.0f} s of work "
        f"({cpu_ms_per_1000:.1f} CPU s on {IMPORTER_MB} MB's share of a core) and the "
        f"{1e6 / TABLE_WRITES_PER_SECOND:.0f} s that a new table takes, x {IMPORTER_MB / 1024} GB = ${function:.4f}",
    )


def million_changes(cpu_ms_per_1000: float) -> Cost:
    """Returns the cost of a million archived changes, in batches of a hundred."""
    invocations = 1e6 / _BATCH
    function = cpu_ms_per_1000 * CORE_MB / 1024 * GB_SECOND
    calls, puts = invocations * INVOCATION, invocations * PUT_OBJECT
    return Cost(
        "a million archived changes",
        function + calls + puts,
        f"{invocations:,.0f} invocations = ${calls:.4f}; as many objects put = ${puts:.3f}; "
        f"Lambda: {cpu_ms_per_1000:.0f} CPU s x 1.73 GB a core = ${function:.4f}, the waiting for S3 not counted; "
        "Lambda reads the stream for nothing",
    )


def million_mails(cpu_ms_per_1000: float) -> Cost:
    """Returns the cost of a million mails, with the marks that keep them from being sent twice."""
    busy, sending = seconds(cpu_ms_per_1000, 1e6, STREAM_MB), 1e6 / MAILS_PER_SECOND
    function = max(busy, sending) * STREAM_MB / 1024 * GB_SECOND
    calls = 1e6 / _BATCH * INVOCATION
    marks = 1e6 * (WRITE_UNIT + READ_UNIT)
    mails = 1e6 * MAIL
    return Cost(
        "a million mails",
        mails + marks + function + calls,
        f"SES = ${mails:.0f}; marks: a read unit and a write unit each = ${marks:.3f}; "
        f"{1e6 / _BATCH:,.0f} invocations = ${calls:.4f}; Lambda: the longer of {busy:.0f} s of work and the "
        f"{sending:,.0f} s that SES takes at {MAILS_PER_SECOND} a second, x {STREAM_MB / 1024} GB = ${function:.3f}",
    )


def report(cpu_ms_per_1000: float, items: int, item_bytes: int) -> Cost:
    """Returns the cost of one report on a number of items."""
    units = items * item_bytes / _MIB * _UNITS_A_PAGE
    function = cpu_ms_per_1000 * items / 1e6 * CORE_MB / 1024 * GB_SECOND + INVOCATION
    return Cost(
        f"a report over {items:,} items",
        units * READ_UNIT + function,
        f"{items * item_bytes / _MIB:.0f} MB of items = {units:,.0f} read units = ${units * READ_UNIT:.5f}; Lambda: "
        f"{cpu_ms_per_1000 * items / 1e6:.2f} CPU s = ${function:.6f}; every five minutes that is "
        f"${(units * READ_UNIT + function) * 8640:.2f} a month",
    )
