import random

from tests.handlers.importer.reading.csv_comparison import DIALECTS, Reading, alphabet, compare, compare_reader


def mutated(source: random.Random) -> tuple[bytes, int]:
    """A file of many rows in which some bytes were changed, and the number of its dialect."""
    number = source.randrange(len(DIALECTS))
    dialect = DIALECTS[number]
    signs = alphabet(dialect)
    cells = ["a", "", "é", *([f"{dialect.quote}x{dialect.quote}"] if dialect.quote else [])]
    if dialect.quote:
        cells.append(f"{dialect.quote}{dialect.delimiter}\n{dialect.quote * 2}{dialect.quote}")
    end = source.choice(["\n", "\r\n", "\r"])
    rows = [dialect.delimiter.join(source.choices(cells, k=3)) + end for _ in range(source.randrange(6))]
    text = list("".join(rows))
    for _ in range(source.choice([0, 1, 1, 2, 3, 10])):
        at = source.randrange(len(text) + 1)
        text[at : at + source.randrange(3)] = source.choices(signs, k=source.randrange(3))
    data = bytearray("".join(text).encode())
    if source.random() < 0.05 and data:
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data), number


def a_reading(source: random.Random) -> Reading:
    return Reading(
        size=source.choice([1, 2, 5, 16, 50, 1000]),
        piece=source.choice([1, 3, 1000]),
        quoted_bytes=source.choice([3, 8, 20, 1 << 20]),
        record_bytes=source.choice([5, 12, 40, 3 << 20, 3 << 20]),
        chunk_bytes=source.choice([1, 4, 10, 30]),
    )


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def check(data: bytes, number: int, reading: Reading) -> None:
    """That a file in one of the dialects has the rows and cells of the plain reader."""
    try:
        compare(data, DIALECTS[number], reading)
        if is_utf8(data):
            compare_reader(data.decode(), DIALECTS[number], reading._replace(record_bytes=3 << 20))
    except Exception as error:
        raise AssertionError(f"{DIALECTS[number]} {data!r} {reading}") from error


def test_mutated_files_are_read_as_the_plain_reader_does() -> None:
    source = random.Random(14)
    for _ in range(300):
        check(*mutated(source), a_reading(source))
