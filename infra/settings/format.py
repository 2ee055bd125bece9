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
    """What the files are, whatever their names; auto: the name tells."""
    delimiter: Character | None = None
    """What stands between cells, one character; never guessed."""
    header: list[Annotated[str, Field(max_length=255)]] = []
    """The columns of files that have no header row; []: the first row is it."""
    quote: Quote = '"'
    """One character, or none: quotes are text."""
    escape: Character | None = None
    """One character, of MySQL and Spark; null: quotes are doubled."""
    nulls: list[ShortText] = []
    """Cells that hold no value."""
    encoding: EncodingName = "utf-8"
    """Any that Python knows."""
    skip_lines: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Lines before the header."""
    compression: Literal["auto", "none", "gzip", "zstd"] = "auto"
    """How files are compressed; auto: name and content tell."""
    wrapper: ShortText | None = None
    """The member that the rows of JSON files lie in, beside Items."""
    booleans: dict[ShortText, bool] = {}
    """Cells of columns of type BOOL -> what they mean."""

    @model_validator(mode="after")
    def _possible(self) -> "FormatSettings":
        if found := "; ".join(format_mistakes(self.args())):
            raise ValueError(f"a format that files can have: {found}")
        return self

    def args(self) -> FormatArgs:
        """Returns the arguments of a pipeline: what is not as it is by itself."""
        return cast("FormatArgs", self.model_dump(exclude_defaults=True))
