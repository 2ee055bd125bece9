"""The reader for a file, by what its beginning says."""

from handlers.importer.batches import Reader
from handlers.importer.csv_reader import CsvReader
from handlers.importer.formats import DELIMITERS, Head, Kind
from handlers.importer.items import Schema
from handlers.importer.json_array import JsonArrayReader
from handlers.importer.json_reader import JsonLinesReader
from handlers.importer.transform import Transform


def reader(head: Head, schema: Schema, transform: Transform | None) -> Reader:
    """The reader for a file with this head.

    Raises:
        FileError: no row of the file could be an item.
    """
    if head.kind in DELIMITERS:
        return CsvReader(head, schema, transform)
    return (JsonArrayReader if head.kind is Kind.JSON_ARRAY else JsonLinesReader)(schema, transform)
