"""The archiver's settings, from its environment."""

from collections.abc import Mapping
from typing import NamedTuple

from handlers.archiver import environment


class Settings(NamedTuple):
    """What the function does; see `environment` for each."""

    bucket: str
    events: list[str]


def read(environ: Mapping[str, str]) -> Settings:
    """Returns the settings that environment variables say."""
    return Settings(environ[environment.BUCKET], environ[environment.EVENTS].split(","))
