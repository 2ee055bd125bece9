"""The file in which the importer finds what may be large of its settings.

A module of its own, because benchmarks wait for no component of pulumi-aws to be loaded.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra import import_columns, import_format
from infra.import_columns import ColumnArgs
from infra.import_format import FormatArgs

NAME = "settings.json"
"""Its path in the archive."""


def settings_file(
    columns: Mapping[str, ColumnArgs], constants: Mapping[str, Any], format_: FormatArgs, ignore: Sequence[str]
) -> str:
    """Returns the file; `handlers.importer.settings` says what is in it.

    Raises:
        ValueError: No file could be written as the format says.
    """
    return json.dumps(
        {
            **import_columns.schema(columns, constants),
            "format": import_format.checked_fields(format_),
            "ignore": list(ignore),
        },
        sort_keys=True,  # programs in other languages hand maps over in any order, and each would be other code
    )
