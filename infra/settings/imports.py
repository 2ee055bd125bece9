"""`imports.<name>`: the table that files are imported into, and how they are read."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from infra import import_defaults
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

if TYPE_CHECKING:  # settings are read without waiting for a component
    from infra.import_pipeline import ImportBucketArgs, ImportPipelineArgs
    from infra.importer import ImportTargetArgs
    from infra.table import Key

_ColumnType = Literal["S", "N", "BOOL"]


class ImportSettings(Section):
    """`imports.<name>`: where files lie, the table's keys, the types of columns, and how files are read."""

    bucket: BucketName | None = None
    prefix: ImportPrefix = import_defaults.PREFIX
    table: TableName | None = None
    partition_key: AttributeName = "id"
    sort_key: AttributeName | None = None
    columns: dict[AttributeName, _ColumnType] = {}
    ordered: bool = False
    chunk_mib: Annotated[int, Field(ge=1, le=1024, alias="chunkMiB")] = import_defaults.CHUNK_MIB
    timeout_seconds: Annotated[int, Field(ge=30, le=900)] = import_defaults.TIMEOUT_SECONDS
    maximum_concurrency: Annotated[int, Field(ge=2, le=1000)] = import_defaults.MAXIMUM_CONCURRENCY
    write_units_per_second: Annotated[int, Field(ge=0)] = import_defaults.WRITE_UNITS_PER_SECOND
    gzip_limit_mib: Annotated[int, Field(ge=1, alias="gzipLimitMiB")] = import_defaults.GZIP_LIMIT_MIB
    transform: FunctionName | None = None
    format: FormatSettings = FormatSettings()
    ignore: Annotated[list[IgnoredName], Field(max_length=50), each_once] = list(import_defaults.IGNORE)

    @field_validator("sort_key")
    @classmethod
    def _another_key(cls, sort_key: str | None, fields: ValidationInfo) -> str | None:
        if sort_key is not None and sort_key == fields.data.get("partition_key"):
            raise ValueError("another attribute than partitionKey")
        return sort_key

    @field_validator("write_units_per_second")
    @classmethod
    def _a_unit_a_worker(cls, limit: int, fields: ValidationInfo) -> int:
        workers = fields.data.get("maximum_concurrency")
        if workers and (mistake := import_defaults.limit_mistake(limit, workers)):
            raise ValueError(mistake)
        return limit

    @field_validator("columns", mode="wrap")
    @classmethod
    def _types_of_keys(
        cls, columns: Any, validate: ValidatorFunctionWrapHandler, fields: ValidationInfo
    ) -> dict[str, _ColumnType]:
        keys = {fields.data.get("partition_key"), fields.data.get("sort_key")}
        types = columns.items() if isinstance(columns, dict) else ()
        wrong = sorted(str(name) for name, kind in types if name in keys and kind == "BOOL")
        mistakes = [f"S or N for {' and '.join(wrong)}, which the table has as key"] if wrong else []
        return validate_together(columns, validate, mistakes)

    @field_validator("format")
    @classmethod
    def _keys_in_the_header(cls, format_: FormatSettings, fields: ValidationInfo) -> FormatSettings:
        keys = [fields.data.get("partition_key"), fields.data.get("sort_key")]
        missing = [key for key in keys if key and key not in map(str.strip, format_.header)]
        if format_.header and missing and not fields.data.get("transform") and not fields.data.get("table"):
            raise ValueError(f"a header with {' and '.join(missing)}, which the table has as key")
        return format_

    def args(
        self, table: "ImportTargetArgs | None" = None, bucket: "ImportBucketArgs | None" = None
    ) -> "ImportPipelineArgs":
        """Returns the arguments of a pipeline: the settings under their names, keys and columns with their types.

        Args:
            table: The one that the settings name, with its keys.
            bucket: The one that the settings name.
        """
        own = {
            "bucket": bucket,
            "columns": {name: {"type": kind} for name, kind in self.columns.items()},
            "format": self.format.args(),
            "partition_key": self._key(self.partition_key),
            "sort_key": self._key(self.sort_key),
        }
        settings = {name: value for name, value in self if name != "table"}
        return cast("ImportPipelineArgs", {**settings, **own, **(table or {})})

    @property
    def asked_keys(self) -> "tuple[Key, Key | None] | None":
        """What the keys of a table that exists have to be; none where the settings say nothing of them."""
        if not self.model_fields_set & {"partition_key", "sort_key"}:
            return None
        return cast("tuple[Key, Key | None]", (self._key(self.partition_key), self._key(self.sort_key)))

    def _key(self, name: str | None) -> dict[str, str] | None:
        """Returns a key attribute and its type: its column's, a string where that is not named."""
        return {"name": name, "type": "N" if self.columns.get(name) == "N" else "S"} if name else None
