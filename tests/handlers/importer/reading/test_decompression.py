import gzip
import io
import sys
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.importer.errors import FileError
from handlers.importer.reading.decompression import decompressed


def unzipped(
    data: bytes, compression: str = "gzip", *, piece: int = 1 << 20, size: int = 1 << 16, limit: int = 1 << 30
) -> bytes:
    source = io.BytesIO(data)
    stream = decompressed(lambda n: source.read(min(n, piece)), compression, limit)
    return b"".join(iter(lambda: stream.read(size), b""))


if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SKIPPABLE = b"\x5a\x2a\x4d\x18\x04\0\0\0abcd"


def with_window(log: int, data: bytes) -> bytes:
    """A frame that says how much of what came before it needs."""
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: log})
    return compressor.compress(data) + compressor.flush()


@settings(deadline=None)
@given(
    st.sampled_from(["gzip", "zstd"]),
    st.lists(st.binary(max_size=2000), max_size=4),
    st.integers(1, 300),
    st.integers(1, 300),
)
def test_members_are_read_one_after_the_other(compression: str, parts: list[bytes], piece: int, size: int) -> None:
    data = b"".join(map({"gzip": gzip.compress, "zstd": zstd.compress}[compression], parts))
    assert unzipped(data, compression, piece=piece, size=size) == b"".join(parts)


def test_padding_of_zeros_is_passed_over() -> None:
    assert unzipped(gzip.compress(b"one") + b"\0" * 512 + gzip.compress(b"two") + b"\0" * 512) == b"onetwo"


def test_no_bytes_are_an_empty_file() -> None:
    assert unzipped(b"") == b""


@pytest.mark.parametrize(
    "data",
    [
        b"not gzip",
        gzip.compress(b"x" * 5000, mtime=0)[:-9],
        gzip.compress(b"x" * 99, mtime=0)[:-8] + b"\1" * 8,
        gzip.compress(b"x", mtime=0) + b"?",
    ],
    ids=["foreign", "cut off", "wrong checksum", "rubbish behind"],
)
def test_what_is_not_intact_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(FileError, match="is not intact gzip"):
        unzipped(data)


@pytest.mark.parametrize(
    "data",
    [
        b"not zstd",
        zstd.compress(b"x" * 5000)[:-3],
        zstd.compress(b"x") + b"?",
        zstd.compress(b"x") + b"\0" * 8,
        zstd.compress(b"x", options={zstd.CompressionParameter.checksum_flag: 1})[:-4] + b"????",
    ],
    ids=["foreign", "cut off", "rubbish behind", "padding", "damaged"],
)
def test_what_is_not_intact_zstd_is_refused(data: bytes) -> None:
    with pytest.raises(FileError, match="is not intact zstd"):
        unzipped(data, "zstd")


def test_frames_to_be_passed_over_are() -> None:
    data = SKIPPABLE + zstd.compress(b"one") + SKIPPABLE + zstd.compress(b"two") + SKIPPABLE
    assert unzipped(data, "zstd", piece=3) == b"onetwo"


def test_a_frame_with_a_window_of_more_than_128_mib_is_refused() -> None:
    assert unzipped(with_window(27, b"x" * 100), "zstd") == b"x" * 100
    with pytest.raises(FileError, match=r"^is zstd with a window of more than 128 MiB: compress it without --long$"):
        unzipped(with_window(28, b"x" * 100), "zstd")


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb_is_refused_at_the_limit(compression: str) -> None:
    bomb = {"gzip": gzip.compress, "zstd": zstd.compress}[compression](b"\0" * 10_000_000)
    assert len(bomb) < 20_000
    tracemalloc.start()
    with pytest.raises(FileError, match="more than the 1,000,000 bytes that the settings allow"):
        unzipped(bomb, compression, limit=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
