"""Files as the setting `imports.format` says they are, through the embedded cloud."""

import gzip
from collections.abc import Iterator

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from tests.e2e.test_import import ended, items, put
from tests.handlers.importer.reading.test_compression import zstd
from tests.stacks import configured

FORMAT = {
    "type": "csv",
    "delimiter": "|",
    "quote": "none",
    "escape": "\\",
    "nulls": ["\\N"],
    "encoding": "cp1252",
    "header": ["id", "name", "paid"],
    "booleans": {"ja": True, "nein": False},
}
"""As Redshift unloads to where lists are in a code page of Windows."""
COUNT = 40_000


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with EmbeddedCloud() as cloud:
        config = configured(imports={"chunkMiB": 1, "columns": {"paid": "BOOL"}, "format": FORMAT})
        yield cloud.deploy("local", config=config)


def rows(prefix: str, count: int) -> str:
    return (
        "".join(f'{prefix}{i}|12" Zoë\\|{i}|{"ja" if i % 2 else "nein"}\n' for i in range(count))
        + f"{prefix}x|\\N|ja\n"
    )


def wanted(prefix: str, count: int) -> dict[str, dict[str, object]]:
    found = {f"{prefix}{i}": {"id": f"{prefix}{i}", "name": f'12" Zoë|{i}', "paid": i % 2 == 1} for i in range(count)}
    return {**found, f"{prefix}x": {"id": f"{prefix}x", "paid": True}}


def test_a_large_file_without_an_ending_is_split_and_read_as_the_setting_says(stack: Stack) -> None:
    data = rows("large-", COUNT).encode("cp1252") + b"bad-|\x81|ja\n"
    (entry,) = ended(stack, put(stack, "0000_part_00", data))
    assert (entry["status"], entry["rows_written"], entry["rows_rejected"]) == ("PARTIAL", COUNT + 1, 1)
    assert entry["chunks_total"] > 1
    assert items(stack, "large-") == wanted("large-", COUNT)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("gzip_part", gzip.compress(rows("gzip-", 300).encode("cp1252"))),
        ("zstd_part", zstd.compress(rows("zstd-", 300).encode("cp1252"))),
        ("utf16_part", rows("utf16-", 300).encode("utf-16")),
    ],
)
def test_what_is_compressed_or_has_a_mark_tells_so_itself(name: str, data: bytes, stack: Stack) -> None:
    prefix = name.removesuffix("part").replace("_", "-")
    (entry,) = ended(stack, put(stack, name, data))
    assert (entry["status"], entry["error"]) == ("SUCCEEDED", None)
    assert items(stack, prefix) == wanted(prefix, 300)
