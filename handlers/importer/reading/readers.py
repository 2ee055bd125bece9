"""The reader for a file, by what its beginning says."""

from handlers.importer.items.rules import Schema
from handlers.importer.items.transform import Transform
from handlers.importer.reading.batches import Reader
from handlers.importer.reading.csv_reader import CsvReader
from handlers.importer.reading.formats import DELIMITERS, Head, Kind
from handlers.importer.reading.json_array import JsonArrayReader
from handlers.importer.reading.json_lines import JsonLinesReader
from handlers.importer.reading.json_objects import JsonObjectsReader


def reader(head: Head, schema: Schema, transform: Transform | None) -> Reader:
    """The reader for a file with this head.

    Raises:
        FileError: no row of the file could be an item.
    """
    if head.kind in DELIMITERS:
        return CsvReader(head, schema, transform)
    if head.kind in (Kind.JSON_ARRAY, Kind.JSON_WRAPPED):
        return JsonArrayReader(schema, transform, wrapper=head.wrapper)
    return (JsonObjectsReader if head.kind is Kind.JSON_OBJECTS else JsonLinesReader)(schema, transform)
