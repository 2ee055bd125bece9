"""Opens a file at a position: composes its decompression and decoding, inspects its beginning and reads its rows.

Modules that only some files need are loaded when one does: all of them would take a fifth of a cold start.
"""

from collections.abc import Callable
from typing import BinaryIO

from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Reader
from handlers.importer.reading.compression import MAGIC_BYTES, told
from handlers.importer.reading.encodings import MARK_BYTES, written
from handlers.importer.reading.format import Format
from handlers.importer.reading.formats import AS_NAMED, Kind, by_name, inspect
from handlers.importer.reading.records import Position, Rules
from handlers.importer.reading.streams import FilePart, Stream

_START = Position(0, 1)


class Rows:
    """The rows of a file from a position on.

    The file's beginning is always read, because it says how to read the rest.

    Attributes:
        kind: How the rows are written, by the file's name or the settings; None: its content tells.
        compression: `gzip`, `zstd` or empty.
        head: The file's beginning.
        position: Of the first row.
        stream: The bytes from there on, decompressed, as readers take them.
    """

    def __init__(
        self,
        open_at: Callable[[int], FilePart | BinaryIO],
        name: str,
        limit_bytes: int,
        position: Position = _START,
        settings: Format = AS_NAMED,
    ) -> None:
        """Opens the file; `open_at` opens its stored bytes at an offset, `limit_bytes` is the most they decompress to.

        Raises:
            FileError: The file cannot be read.
            AwsError: S3 cannot be read now.
        """
        self.kind, named = by_name(name, settings)
        self._open_at = open_at
        self._settings = settings
        self._stored = self.stream = self._open(0)
        self.compression = named
        if settings.compression == "auto":
            self.compression = told(self._stored.peek(MAGIC_BYTES)) or named
        if self.compression:
            from handlers.importer.reading.decompression import decompressed

            self.stream = decompressed(self._stored.read, self.compression, limit_bytes)
        encoding = written(self.stream.peek(MARK_BYTES), settings.encoding)
        if encoding.is_transcoded:
            from handlers.importer.reading.transcoder import Transcoder

            self.stream = Transcoder(self.stream.read, encoding.name)
        self.head = inspect(self.stream, self.kind, settings, encoding)
        self.position: Position = max(self.head.start, position)
        if self.is_streamed:
            self.stream.skip(self.position.offset - self.head.start.offset)
        elif self.position > self.head.start:
            self.close()
            self._stored = self.stream = self._open(self.position.offset)

    @property
    def is_streamed(self) -> bool:
        """Whether the file is always read from its start, because positions are not those of the stored bytes."""
        return bool(self.compression) or self.head.encoding.is_transcoded

    @property
    def rules(self) -> Rules | None:
        """Tells where the file may be cut; None if nowhere."""
        return None if self.is_streamed else self.head.rules

    @property
    def stored_bytes_read(self) -> int:
        """The number of stored bytes read."""
        return self._stored.source_bytes

    def reader(self, schema: Schema, transform: Transform | None) -> Reader:
        """Returns the reader of the rows, for `position` and `stream`.

        Raises:
            FileError: No row of the file could be an item.
        """
        head = self.head
        if head.dialect:
            from handlers.importer.reading.csv_reader import CsvReader

            return CsvReader(head, schema, transform, self._settings)
        # The values that a transform returns show whether they are DynamoDB JSON.
        dynamodb_json = self._settings.type == "dynamodb" and not transform
        if head.kind in (Kind.JSON_ARRAY, Kind.JSON_WRAPPED):
            from handlers.importer.reading.json_array import JsonArrayReader

            return JsonArrayReader(
                schema, transform, dynamodb_json=dynamodb_json, wrapper=head.wrapper, encoding=head.encoding
            )
        if head.kind is Kind.JSON_OBJECTS:
            from handlers.importer.reading.json_objects import JsonObjectsReader as Reader
        else:
            from handlers.importer.reading.json_lines import JsonLinesReader as Reader
        return Reader(schema, transform, dynamodb_json=dynamodb_json, encoding=head.encoding)

    def close(self) -> None:
        """Ends the reading."""
        self._source.close()

    def _open(self, offset: int) -> Stream:
        self._source = self._open_at(offset)
        return Stream(self._source.read)
