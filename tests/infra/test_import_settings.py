import json

from handlers.importer import environment, settings
from handlers.importer.items.rules import Schema
from handlers.importer.reading.format import Format
from infra.import_defaults import ColumnType
from infra.import_settings import NAME, settings_file
from tests.handlers.importer.test_handler import ENVIRONMENT


def test_the_importer_reads_what_was_written(tmp_path):
    text = settings_file(
        {"No": {"attribute": "id"}, "price": {"type": ColumnType.N}}, {"source": "crm"}, {"delimiter": ";"}, ["*.crc"]
    )
    (tmp_path / NAME).write_text(text)
    found = settings.read({**ENVIRONMENT, environment.SETTINGS: NAME}, str(tmp_path))
    assert found.schema == Schema(("id",), {"id": "S", "price": "N"}, {"No": "id"}, {"source": '{"S":"crm"}'})
    assert (found.format, found.ignore) == (Format(delimiter=";"), ("*.crc",))


def test_where_nothing_is_set_all_of_it_is_there():
    assert json.loads(settings_file({}, {}, {}, [])) == {
        "columns": {},
        "names": {},
        "constants": {},
        "format": {},
        "ignore": [],
    }
