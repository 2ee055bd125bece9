"""The base of all sections of the settings."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Section(BaseModel):
    """A section of the settings: keys in camel case, no unknown keys, strict types."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, strict=True, use_attribute_docstrings=True
    )
