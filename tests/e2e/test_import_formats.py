"""Files as people have them, and as the setting `imports.format` says they are, through the embedded cloud."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.failures.files import file_failures
from sluice.ledger import entries
from sluice.rejects import rejects
from tests.e2e.test_import import ended, items, put
from tests.handlers.importer.reading.test_decompression import zstd
from tests.stacks import configured, eventually, imports_of, invoke, receive, stop_imports, table, target

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
CASES = {
    "chunkMiB": 1,
    "columns": {"No": {"as": "n"}, "n": {"as": "no"}},
    "set": {"by": "sluice"},
    "warmWriteUnits": 8000,
}
"""Of the import of what people had trouble with; their number is that of the public report."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with EmbeddedCloud() as cloud:
        config = configured(imports=CASES)
        unloads = {"chunkMiB": 1, "columns": {"paid": "BOOL"}, "format": FORMAT}
        config["sluice:imports"] = json.dumps({**json.loads(config["sluice:imports"]), "unloads": unloads})
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
    (entry,) = ended(stack, put(stack, "0000_part_00", data, "unloads"))
    assert (entry["status"], entry["rows_written"], entry["rows_rejected"]) == ("PARTIAL", COUNT + 1, 1)
    assert entry["chunks_total"] > 1
    assert items(stack, "large-", "unloads") == wanted("large-", COUNT)


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
    (entry,) = ended(stack, put(stack, name, data, "unloads"))
    assert (entry["status"], entry["error"]) == ("SUCCEEDED", None)
    assert items(stack, prefix, "unloads") == wanted(prefix, 300)


# ---- what people had trouble with

# A line break in a key is tests/handlers/importer/queue/test_messages.py's: within a `*` the emulator's IAM finds none.
KEYS = [
    *("a b", "a+b", "100%", "a%20b", "a%2Fb", "ünïcödé 漢字 😀", "x//y", "what?#", "back\\slash", "tab\there"),
    *("../../etc/passwd", "percent%2F%00%", "plus+and space&=?#", "ünï 🚀 名前", "k" * (1024 - len("incoming/.csv"))),
    *(
        "k" * 1000,
        "é" * 500,
        "~tilde*'()!",
        "quote\"'`",
        "<b>&amp;</b>",
        "{$HOME};|",
        "date=2026-01-01/hour=01/p",
        "  ",
    ),
]


def test_whatever_a_key_holds_its_file_is_imported_and_its_rejects_are_found(stack: Stack) -> None:
    """Case 67."""
    objects = [put(stack, f"{name}.csv", b"id\nkey-%d\na,b\n" % number) for number, name in enumerate(KEYS)]
    for object_ in objects:
        (entry,) = ended(stack, object_)
        assert (entry["status"], entry["rows_written"], entry["rows_rejected"]) == ("PARTIAL", 1, 1), object_
        assert [reject.line for reject in rejects(target(stack), *object_.split("/", 1))] == [3], object_
    assert set(items(stack, "key-")) == {f"key-{number}" for number in range(23)}


EXPORT = "AWSDynamoDB/01693685827463-2d8752fd"
COMPANIONS = [
    *("spark/_SUCCESS", "spark/.part-0.csv.crc", "spark/._SUCCESS.crc", "spark/_committed_1", f"{EXPORT}/_started"),
    *(f"{EXPORT}/manifest-{name}" for name in ("summary.json", "summary.md5", "files.json", "files.md5")),
]
"""Cases 70 and 72: what Spark and DynamoDB put beside their data."""


def test_what_others_put_beside_their_data_is_ignored_and_failures_tell_of_what_failed_alone(stack: Stack) -> None:
    """Cases 68, 70, 72 and 82."""
    for folder in ("spark/", "empty folder/", f"{EXPORT}/data/"):
        put(stack, folder, b"")
    beside = [put(stack, name, b'{"exportTime": "2026-01-01"}') for name in COMPANIONS]
    exported = gzip.compress(b'{"Item": {"id": {"S": "export-1"}, "No": {"N": "1"}}}\n')
    data = [put(stack, "spark/part-0.csv", b"id,No\nspark-1,1\n"), put(stack, f"{EXPORT}/data/a.json.gz", exported)]
    failed, partial = put(stack, "failed.csv", b"sku\n1\n"), put(stack, "partial.csv", b"id\npartial-1\na,b\n")
    statuses = {object_: ended(stack, object_)[0]["status"] for object_ in (*beside, *data, failed, partial)}
    assert statuses == {
        **dict.fromkeys(beside, "IGNORED"),
        **dict.fromkeys(data, "SUCCEEDED"),
        failed: "FAILED",
        partial: "PARTIAL",
    }
    assert items(stack, "spark-") == {"spark-1": {"id": "spark-1", "n": "1", "by": "sluice"}}
    assert items(stack, "export-") == {"export-1": {"id": "export-1", "n": 1, "by": "sluice"}}
    assert [failure.file for failure in file_failures(target(stack))] == ["incoming/failed.csv"]
    assert not [entry for entry in entries(imports_of(stack)) if entry["object"].endswith("/")]


def test_a_file_is_imported_once_however_it_is_written(stack: Stack) -> None:
    """Case 75."""
    s3, bucket = stack.cloud.client("s3"), stack.output("imports.items.bucket_name")
    large = b"id,pad\n" + b"".join(b"multi-%d,%s\n" % (number, b"x" * 2000) for number in range(3000))
    s3.put_object(Bucket=bucket, Key="elsewhere/whole.csv", Body=b"id\ncopied-1\n")
    s3.copy_object(Bucket=bucket, Key="incoming/copied.csv", CopySource=f"{bucket}/elsewhere/whole.csv")
    for name, parts in (("multi", [large[: 5 << 20], large[5 << 20 :]]), ("pieced", [None])):
        upload = {"Bucket": bucket, "Key": f"incoming/{name}.csv"}
        upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
        tags = []
        for number, part in enumerate(parts, 1):
            if part is None:
                source = f"{bucket}/elsewhere/pieced.csv"
                s3.put_object(Bucket=bucket, Key="elsewhere/pieced.csv", Body=b"id\npieced-1\n")
                tag = s3.upload_part_copy(**upload, PartNumber=number, CopySource=source)["CopyPartResult"]["ETag"]
            else:
                tag = s3.upload_part(**upload, PartNumber=number, Body=part)["ETag"]
            tags.append({"PartNumber": number, "ETag": tag})
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": tags})
    signed = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "incoming/signed.csv"})
    with urlopen(Request(signed, b"id\nsigned-1\n", method="PUT")) as answer:
        assert answer.status == 200
    counts = {"copied": 1, "multi": 3000, "pieced": 1, "signed": 1}
    for name, count in counts.items():
        (entry,) = ended(stack, f"{bucket}/incoming/{name}.csv")
        assert (entry["status"], entry["rows_written"]) == ("SUCCEEDED", count), name
    written = Counter(key.partition("-")[0] for key in items(stack, ""))
    assert {name: written[name] for name in counts} == counts


def test_the_same_content_is_imported_again_for_who_says_so(stack: Stack) -> None:
    """Case 80: a bucket without versions knows it by its content."""
    s3, bucket = stack.cloud.client("s3"), stack.output("imports.items.bucket_name")
    object_ = put(stack, "same.csv", b"id\nsame-1\n")
    (first,) = ended(stack, object_)
    imported, key = table(stack, stack.output("imports.items.table_name")), {"id": "same-1"}
    imported.delete_item(Key=key)
    s3.put_object(
        Bucket=bucket, Key="incoming/same.csv", Body=b"id\nsame-1\n", Metadata={"sluice-again": "after a mistake"}
    )
    assert eventually(lambda: imported.get_item(Key=key).get("Item")) == {**key, "by": "sluice"}
    again = ended(stack, object_)[0]
    assert (again["status"], again["version"], again["rows_written"]) == ("SUCCEEDED", first["version"], 1)


def test_a_file_that_is_deleted_while_it_is_imported_has_failed_and_may_come_again(stack: Stack) -> None:
    """Case 78."""
    lambda_, queue = stack.cloud.client("lambda"), stack.output("imports.items.queue_url")
    data = b"id,pad\n" + b"".join(b"gone-%d,%s\n" % (number, b"x" * 2000) for number in range(1500))

    def work(messages: list[dict[str, Any]]) -> None:
        for message in messages:
            attributes = {"ApproximateReceiveCount": "1"}
            delivered = {"messageId": message["MessageId"], "body": message["Body"], "attributes": attributes}
            assert invoke(stack, "imports.items.function_name", {"Records": [delivered]})[0] == "ok"

    stop_imports(stack)
    object_ = put(stack, "gone.csv", data)
    work(receive(stack, queue, "gone.csv", 10))  # which plans it
    chunks = receive(stack, queue, "gone.csv", 10)
    work(chunks[:1])
    bucket, key = object_.split("/", 1)
    stack.cloud.client("s3").delete_object(Bucket=bucket, Key=key)
    work(chunks[1:])
    (entry,) = ended(stack, object_)
    assert (entry["status"], entry["error"]) == ("FAILED", "was deleted before it was read")
    assert entry["rows_read"] == entry["rows_written"] == len(items(stack, "gone-")) > 0

    for mapping in stack.graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping"):
        lambda_.update_event_source_mapping(UUID=mapping.id, Enabled=True)
    put(stack, "gone.csv", data)
    eventually(lambda: ended(stack, object_)[0]["status"] == "SUCCEEDED")
    assert len(items(stack, "gone-")) == 1500


def mixed(prefix: str, count: int) -> tuple[bytes, dict[str, dict[str, str]], list[int]]:
    """A file with each line end, quoted ones, and a bad row in 97; its items, and the lines of the bad rows."""
    text, made, bad, line = "id,No,n\r\n", {}, [], 2
    for number in range(count):
        end, key = ("\n", "\r\n", "\r")[number % 3], f"{prefix}{number}"
        cell = f'said "{number}"{end}and went, {"x" * 200}' if number % 5 < 2 else f"plain {number}"
        quoted = '"' + cell.replace('"', '""') + '"' if number % 5 < 2 else cell
        text += f"{key},{quoted},{number}{',more' if number % 97 == 0 else ''}{end}"
        if number % 97 == 0:
            bad.append(line)
        else:
            made[key] = {"id": key, "n": cell, "no": str(number), "by": "sluice"}
        line += 2 if number % 5 < 2 else 1
    return text.encode(), made, bad


def test_rows_with_quotes_and_line_ends_arrive_value_by_value_and_rejects_have_their_lines(stack: Stack) -> None:
    """Cases 76 and 79: in pieces of 1 MiB, and as gzip of several members."""
    plain, wanted, bad = mixed("mixed-", 12_000)
    packed, others, _ = mixed("mixed-gz-", 12_000)
    pieces = [packed[start : start + 500_000] for start in range(0, len(packed), 500_000)]
    objects = [put(stack, "mixed.csv", plain), put(stack, "mixed.csv.gz", b"".join(map(gzip.compress, pieces)))]
    (split, whole) = (ended(stack, object_)[0] for object_ in objects)
    for entry in (split, whole):
        counts = (entry["rows_read"], entry["rows_written"], entry["rows_rejected"])
        assert counts == (12_000, len(wanted), len(bad))
    assert split["chunks_total"] > 1 == whole["chunks_total"]
    for object_ in objects:
        assert sorted(reject.line for reject in rejects(target(stack), *object_.split("/", 1))) == bad
    assert items(stack, "mixed-") == {**wanted, **others}
