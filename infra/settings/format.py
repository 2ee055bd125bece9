"""`imports.<name>.format`: how files are written, where their names and content do not show it."""

from typing import Annotated, Literal, cast

from pydantic import Field, model_validator

from infra.import_format import FormatArgs
from infra.import_format import mistakes as format_mistakes
from infra.settings.section import Section
from infra.settings.types import Character, EncodingName, Quote, ShortText


class FormatSettings(Section):
    """`imports.<name>.format`: how files are written, where their names and content do not show it."""

    type: Literal["auto", "csv", "tsv", "json", "jsonl", "dynamodb"] = "auto"
    """What the files are, whatever their names; auto: by name."""
    delimiter: Character | None = None
    """The character between cells, never guessed; by default that of the type."""
    header: list[Annotated[str, Field(max_length=255)]] = []
    """The columns of files without a header row; with [] the first row is the header."""
    quote: Quote = '"'
    """The quote character; none: quotes are text."""
    escape: Character | None = None
    """The escape character, as in files of MySQL and Spark; without it quotes are doubled."""
    nulls: list[ShortText] = []
    """Cells that mean no value, such as NULL."""
    encoding: EncodingName = "utf-8"
    """Any encoding that Python knows."""
    skip_lines: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many lines come before the header."""
    compression: Literal["auto", "none", "gzip", "zstd"] = "auto"
    """How files are compressed; auto: by name and content."""
    wrapper: ShortText | None = None
    """The member of JSON files that holds the rows, besides Items."""
    booleans: dict[ShortText, bool] = {}
    """What cells of BOOL columns mean, such as {"ja": true, "nein": false}; in quotes, because YAML reads yes and no
    itself.
    """

    @model_validator(mode="after")
    def _possible(self) -> "FormatSettings":
        if found := "; ".join(format_mistakes(self.args())):
            raise ValueError(f"a format that files can have: {found}")
        return self

    def args(self) -> FormatArgs:
        """Returns the arguments of a pipeline: the settings that differ from their defaults."""
        return cast("FormatArgs", self.model_dump(exclude_defaults=True))
