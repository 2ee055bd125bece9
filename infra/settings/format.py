"""`imports.<name>.format`: how files are written, where their names and their content do not tell."""

from typing import Annotated, Literal, cast

from pydantic import Field, model_validator

from infra.import_format import FormatArgs
from infra.import_format import mistakes as format_mistakes
from infra.settings.section import Section
from infra.settings.types import Character, EncodingName, Quote, ShortText


class FormatSettings(Section):
    """How files are written, where their names and their content do not tell."""

    type: Literal["auto", "csv", "tsv", "json", "jsonl", "dynamodb"] = "auto"
    delimiter: Character | None = None
    header: list[Annotated[str, Field(max_length=255)]] = []
    quote: Quote = '"'
    escape: Character | None = None
    nulls: list[ShortText] = []
    encoding: EncodingName = "utf-8"
    skip_lines: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    compression: Literal["auto", "none", "gzip", "zstd"] = "auto"
    wrapper: ShortText | None = None
    booleans: dict[ShortText, bool] = {}

    @model_validator(mode="after")
    def _possible(self) -> "FormatSettings":
        if found := "; ".join(format_mistakes(self.args())):
            raise ValueError(f"a format that files can have: {found}")
        return self

    def args(self) -> FormatArgs:
        """Returns the arguments of a pipeline: what is not as it is by itself."""
        return cast("FormatArgs", self.model_dump(exclude_defaults=True))
