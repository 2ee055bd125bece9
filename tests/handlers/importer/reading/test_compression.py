import gzip

import pytest

from handlers.importer.reading.compression import told
from tests.handlers.importer.reading.test_decompression import SKIPPABLE, zstd


@pytest.mark.parametrize(
    ("data", "compression"),
    [(gzip.compress(b"x"), "gzip"), (zstd.compress(b"x"), "zstd"), (SKIPPABLE + zstd.compress(b"x"), "zstd")],
    ids=["gzip", "zstd", "a frame to be passed over"],
)
def test_the_first_bytes_tell(data: bytes, compression: str) -> None:
    assert told(data[:4]) == compression


@pytest.mark.parametrize(
    "text", [b"", b"id,n\n", b"{", b"[", b"\xef\xbb\xbfid", "\u20ac".encode(), b"PK\x03\x04", b"BZh9"]
)
def test_no_text_begins_as_compressed_files_do(text: bytes) -> None:
    assert told(text[:4]) == ""
