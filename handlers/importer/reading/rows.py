"""Opens a file at a place: puts together what decompresses its bytes, looks at its beginning and reads its rows."""

from collections.abc import Callable
from typing import BinaryIO

from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Reader
from handlers.importer.reading.csv_reader import CsvReader
from handlers.importer.reading.format import Format
from handlers.importer.reading.formats import AS_NAMED, Kind, by_name, inspect
from handlers.importer.reading.json_array import JsonArrayReader
from handlers.importer.reading.json_lines import JsonLinesReader
from handlers.importer.reading.json_objects import JsonObjectsReader
from handlers.importer.reading.records import Position
from handlers.importer.reading.streams import FilePart, Gunzip, Stream

_START = Position(0, 1)


class Rows:
    """The rows of a file from a place on.

    The file's beginning is read in any case, because it says how to read the rest.

    Attributes:
        format: What the file's name says.
        head: What its beginning says.
        position: Where the first of the rows begins.
        stream: The bytes from there on, decompressed.
    """

    def __init__(
        self,
        open_at: Callable[[int], FilePart | BinaryIO],
        name: str,
        gzip_limit_bytes: int,
        position: Position = _START,
        settings: Format = AS_NAMED,
    ) -> None:
        """Opens the file, whose stored bytes `open_at` gives from an offset on.

        Raises:
            FileError: The file cannot be read.
            AwsError: S3 cannot be read now.
        """
        self.format = by_name(name)
        self._open_at = open_at
        self._settings = settings
        self._limit = gzip_limit_bytes
        self.stream = self._open(0)
        self.head = inspect(self.stream, self.format, settings)
        self.position: Position = max(self.head.start, position)
        if self.format.gzipped:
            self.stream.skip(self.position.offset - self.head.start.offset)
        elif self.position > self.head.start:
            self.close()
            self.stream = self._open(self.position.offset)

    def reader(self, schema: Schema, transform: Transform | None) -> Reader:
        """Returns what reads the rows; it begins at `position` and reads from `stream`.

        Raises:
            FileError: No row of the file could be an item.
        """
        if self.head.dialect:
            return CsvReader(self.head, schema, transform, self._settings)
        if self.head.kind in (Kind.JSON_ARRAY, Kind.JSON_WRAPPED):
            return JsonArrayReader(schema, transform, wrapper=self.head.wrapper)
        return (JsonObjectsReader if self.head.kind is Kind.JSON_OBJECTS else JsonLinesReader)(schema, transform)

    def close(self) -> None:
        """Ends the reading."""
        self._source.close()

    def _open(self, offset: int) -> Stream:
        self._source = self._open_at(offset)
        read = self._source.read
        return Gunzip(read, self._limit) if self.format.gzipped else Stream(read)
