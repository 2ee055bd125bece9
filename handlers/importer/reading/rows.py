"""Opens a file, or a task's part of one, from where the task stands."""

from collections.abc import Iterator

from handlers.importer.items import transform
from handlers.importer.ledger.ledger import Lease
from handlers.importer.reading.batches import Batch, Reader
from handlers.importer.reading.files import Files, Part
from handlers.importer.reading.formats import Head, by_name, inspect
from handlers.importer.reading.readers import reader
from handlers.importer.reading.records import Position
from handlers.importer.reading.streams import Gunzip, Stream
from handlers.importer.settings import Settings


class Content:
    """A file's bytes, decompressed, from where a task stands.

    Its beginning is read in any case, because that says how to read the rest.
    """

    def __init__(self, files: Files, lease: Lease, gzip_limit_bytes: int) -> None:
        """Opens a task's part of a file.

        Raises:
            FileError: it cannot be read.
            AwsError: S3 cannot be read now.
        """
        format_ = by_name(lease.file.key)
        self.part: Part = files.open(lease.file, 0, lease.task.end)
        self.gzipped = format_.gzipped
        self.stream = Stream(Gunzip(self.part.read, gzip_limit_bytes).read if self.gzipped else self.part.read)
        self.head: Head = inspect(self.stream, format_)
        self.position: Position = max(self.head.start, lease.position)
        if self.gzipped:
            self.stream.skip(self.position.offset - self.head.start.offset)
        elif self.position > self.head.start:
            self.part.close()
            self.part = files.open(lease.file, self.position.offset, lease.task.end)
            self.stream = Stream(self.part.read)


class Rows:
    """The rows of a task from where it stands, and how far reading has come."""

    def __init__(self, files: Files, lease: Lease, settings: Settings) -> None:
        """Opens a task's part of a file; see `Content` for what is raised."""
        self._content = Content(files, lease, settings.gzip_limit_bytes)
        self.reader: Reader = reader(self._content.head, settings.schema, transform.TRANSFORM)
        self.batches: Iterator[Batch] = self.reader.batches(self._content.stream.read, self._content.position)

    def bytes_read(self, lease: Lease, end: Position, ended: bool) -> int:
        """How many of the file's bytes the task has read when it stands at `end`."""
        if self._content.gzipped:
            return lease.file.size if ended else max(lease.bytes_read, self._content.part.count)
        return lease.bytes_read + (lease.task.end if ended else end.offset) - lease.position.offset

    def close(self) -> None:
        """Ends the reading."""
        self._content.part.close()
