"""`imports.<name>`: the table that files are imported into, and how they are read."""

from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from infra import import_columns, import_defaults
from infra.settings.columns import ColumnSettings, unchecked_args
from infra.settings.format import FormatSettings
from infra.settings.section import Section
from infra.settings.types import (
    AttributeName,
    BucketName,
    FunctionName,
    IgnoredName,
    ImportPrefix,
    TableName,
    each_once,
    validate_together,
)

if TYPE_CHECKING:  # settings are read without loading components
    from infra.import_pipeline import ImportBucketArgs, ImportPipelineArgs
    from infra.importer import ImportTargetArgs
    from infra.table import Key


class ImportSettings(Section):
    """`imports.<name>`: the source of files, the target table, and how files are read."""

    bucket: BucketName | None = None
    """An existing bucket, whose files are announced through EventBridge; without it one is made."""
    prefix: ImportPrefix = import_defaults.PREFIX
    """Where the files are in the bucket; ends with a slash, and is not rejected/ or below it."""
    table: TableName | None = None
    """An existing table; without it one is made."""
    partition_key: AttributeName = "id"
    """The partition key of the table; a key has the type of its column, S by default."""
    sort_key: AttributeName | None = None
    """The sort key of the table."""
    transform: FunctionName | None = None
    """Your own function that makes the item of a row: package.module:function."""
    columns: dict[AttributeName, ColumnSettings] = {}
    """Types and names of columns and JSON members: a type (S, N, BOOL), or {as: name in the item, type: S}. Other
    columns of CSV files are strings.
    """
    constants: dict[AttributeName, Any] = Field({}, alias="set")
    """Constants that every item gets: texts, numbers, booleans."""
    ordered: bool = False
    """Whether the rows of a file are written in order, never in parallel."""
    chunk_mib: Annotated[int, Field(ge=1, le=1024, alias="chunkMiB")] = import_defaults.CHUNK_MIB
    """Larger objects are split into chunks of this size."""
    timeout_seconds: Annotated[int, Field(ge=30, le=900)] = import_defaults.TIMEOUT_SECONDS
    """How long an invocation may take; another one continues with the rest."""
    maximum_concurrency: Annotated[int, Field(ge=2, le=1000)] = import_defaults.MAXIMUM_CONCURRENCY
    """How many chunks are imported at once."""
    write_units_per_second: Annotated[int, Field(ge=0)] = import_defaults.WRITE_UNITS_PER_SECOND
    """The table's write units that all chunks together may consume; 0: as many as the table takes."""
    warm_write_units: Annotated[int, Field(ge=0)] = import_defaults.WARM_WRITE_UNITS
    """The warm throughput of the table that is made, at least 4000; 0: that of any new table."""
    gzip_limit_mib: Annotated[int, Field(ge=1, alias="gzipLimitMiB")] = import_defaults.GZIP_LIMIT_MIB
    """A compressed file that unpacks to more than this is refused."""
    format: FormatSettings = FormatSettings()
    """How files are written, where their names and content do not show it."""
    ignore: Annotated[list[IgnoredName], Field(max_length=50), each_once] = list(import_defaults.IGNORE)
    """Names of files that are not data, such as _SUCCESS or _temporary/; your own list replaces the default."""

    @field_validator("sort_key")
    @classmethod
    def _another_key(cls, sort_key: str | None, fields: ValidationInfo) -> str | None:
        if sort_key is not None and sort_key == fields.data.get("partition_key"):
            raise ValueError("an attribute other than partitionKey")
        return sort_key

    @field_validator("write_units_per_second")
    @classmethod
    def _a_unit_a_worker(cls, limit: int, fields: ValidationInfo) -> int:
        workers = fields.data.get("maximum_concurrency")
        if workers and (mistake := import_defaults.limit_mistake(limit, workers)):
            raise ValueError(mistake)
        return limit

    @field_validator("warm_write_units")
    @classmethod
    def _of_a_new_table(cls, units: int, fields: ValidationInfo) -> int:
        if units and fields.data.get("table"):
            raise ValueError("0: the table exists; aws dynamodb update-table --warm-throughput warms it")
        if mistake := import_defaults.warm_mistake(units):
            raise ValueError(mistake)
        return units

    @field_validator("columns", mode="wrap")
    @classmethod
    def _columns_of_one_item(
        cls, columns: Any, validate: ValidatorFunctionWrapHandler, fields: ValidationInfo
    ) -> dict[str, ColumnSettings]:
        mistakes = import_columns.mistakes(
            unchecked_args(columns), _keys(fields), keys_come_from_columns=not fields.data.get("transform")
        )
        return validate_together(columns, validate, list(mistakes))

    @field_validator("constants")
    @classmethod
    def _constants_of_all_items(cls, constants: dict[str, Any], fields: ValidationInfo) -> dict[str, Any]:
        columns = {name: column.args() for name, column in fields.data.get("columns", {}).items()}
        if mistakes := list(import_columns.mistakes_of_constants(constants, columns, _keys(fields))):
            raise ValueError("; ".join(mistakes))
        return constants

    @field_validator("format")
    @classmethod
    def _keys_in_the_header(cls, format_: FormatSettings, fields: ValidationInfo) -> FormatSettings:
        keys = [fields.data.get("partition_key"), fields.data.get("sort_key")]
        columns: dict[str, ColumnSettings] = fields.data.get("columns", {})
        names = {name: column.attribute for name, column in columns.items() if column.attribute}
        attributes = {names.get(name.strip(), name.strip()) for name in format_.header}
        missing = [key for key in keys if key and key not in attributes]
        if format_.header and missing and not fields.data.get("transform") and not fields.data.get("table"):
            raise ValueError(f"a header with {' and '.join(missing)}, the table's key")
        return format_

    def args(
        self, table: "ImportTargetArgs | None" = None, bucket: "ImportBucketArgs | None" = None
    ) -> "ImportPipelineArgs":
        """Returns the arguments of a pipeline: the settings by name, keys and columns with their types.

        Args:
            table: The one that the settings name, with its keys.
            bucket: The one that the settings name.
        """
        own = {
            "bucket": bucket,
            "columns": {name: column.args() for name, column in self.columns.items()},
            "format": self.format.args(),
            "partition_key": self._key(self.partition_key),
            "sort_key": self._key(self.sort_key),
        }
        settings = {name: value for name, value in self if name != "table"}
        return cast("ImportPipelineArgs", {**settings, **own, **(table or {})})

    @property
    def asked_keys(self) -> "tuple[Key, Key | None] | None":
        """The keys that an existing table has to have; None where the settings do not name them."""
        if not self.model_fields_set & {"partition_key", "sort_key"}:
            return None
        return cast("tuple[Key, Key | None]", (self._key(self.partition_key), self._key(self.sort_key)))

    def _key(self, name: str | None) -> dict[str, str] | None:
        """Returns a key attribute and its type: that of its column, or a string if the column has no setting."""
        types = {column.attribute or file_name: column.type for file_name, column in self.columns.items()}
        return {"name": name, "type": "N" if types.get(name) == "N" else "S"} if name else None


def _keys(fields: ValidationInfo) -> list[str]:
    """Returns the keys in the settings; none where these are the default and an existing table may have others."""
    keys = [key for key in (fields.data.get("partition_key"), fields.data.get("sort_key")) if key]
    return [] if fields.data.get("table") and keys == ["id"] else keys
