"""`imports.<name>.columns`: a column, as an object or in short as its type."""

from typing import Any, Literal, get_args

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from infra.import_columns import ColumnArgs
from infra.import_defaults import ColumnType
from infra.settings.section import Section
from infra.settings.types import AttributeName

_Type = Literal["S", "N", "BOOL"]


class ColumnSettings(Section):
    """A column of CSV files, or a member of JSON objects."""

    attribute: AttributeName | None = Field(
        None, alias="as", description="Its name in the item; by default that in the file."
    )
    type: _Type = Field("S", description="Its type in CSV files, and as a key of the table.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """Expands `price: N` to `price: {type: N}`."""
        if isinstance(value, dict | ColumnSettings):
            return value
        if value not in get_args(_Type):
            raise ValueError("'S', 'N' or 'BOOL', or an object of as, type")
        return {"type": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "enum": list(get_args(_Type))}, handler(core)]}

    def args(self) -> ColumnArgs:
        """Returns the column as components take it."""
        column: ColumnArgs = {"type": ColumnType(self.type)}
        return {**column, "attribute": self.attribute} if self.attribute else column


def unchecked_args(columns: Any) -> dict[str, ColumnArgs]:
    """Returns columns that are not validated yet, as components take them."""
    if not isinstance(columns, dict):
        return {}
    said = {name: column if isinstance(column, dict) else {"type": column} for name, column in columns.items()}
    return {
        name: {"type": column.get("type", "S"), "attribute": attribute if isinstance(attribute, str) else None}
        for name, column in said.items()
        if isinstance(name, str)
        for attribute in [column.get("as")]
    }
