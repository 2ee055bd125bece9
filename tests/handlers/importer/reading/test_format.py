from handlers.importer.reading.dialect import Dialect
from handlers.importer.reading.format import Format


def test_what_the_settings_leave_open_is_as_the_type_has_it() -> None:
    assert Format().dialect("csv") == Dialect(",", '"', "")
    assert Format().dialect("tsv") == Dialect("\t", '"', "")
    assert Format(delimiter="|", quote="", escape="\\").dialect("tsv") == Dialect("|", "", "\\")
