"""Plans where a large file is split. The function returns the megabytes that were planned."""

import os

from events import FOLDER

_MEGABYTES = int(os.environ.get("BENCH_MEGABYTES", "1000"))


def sluice() -> int:
    """Sluice's planner, on a large file simulated by repeating the rows of a small one."""
    from handlers.importer.reading.csv_rules import csv_rules
    from handlers.importer.reading.dialect import Dialect
    from handlers.importer.reading.records import Position
    from handlers.importer.reading.splitter import chunks

    with open(os.path.join(FOLDER, "incoming", os.environ["BENCH_INPUT"]), "rb") as file:
        file.readline()
        rows = file.read(20_000_000)
    rows = rows[: rows.rindex(b"\n") + 1]
    at, left = 0, _MEGABYTES * 1_000_000

    def read(size: int) -> bytes:
        nonlocal at, left
        data = rows[at : at + min(size, left)]
        left -= len(data)
        at = (at + len(data)) % len(rows)
        return data

    planned = sum(
        chunk.end.offset - chunk.start.offset
        for chunk in chunks(read, csv_rules(Dialect()), 32 << 20, start=Position(0, 1))
    )
    if planned != _MEGABYTES * 1_000_000:
        raise RuntimeError(f"planned {planned:,} bytes")
    return _MEGABYTES
