"""The file with those of the importer's settings that may be large.

A module of its own, so that benchmarks can use it without loading pulumi-aws.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra import import_columns, import_format
from infra.import_columns import ColumnArgs
from infra.import_format import FormatArgs

NAME = "settings.json"
"""The file's path in the archive."""


def settings_file(
    columns: Mapping[str, ColumnArgs], constants: Mapping[str, Any], format_: FormatArgs, ignore: Sequence[str]
) -> str:
    """Returns the file's content; `handlers.importer.settings` describes it.

    Raises:
        ValueError: No file could have this format.
    """
    return json.dumps(
        {
            **import_columns.schema(columns, constants),
            "format": import_format.checked_fields(format_),
            "ignore": list(ignore),
        },
        sort_keys=True,  # programs in other languages pass maps in any order, and each order would be other code
    )
