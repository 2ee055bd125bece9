"""The archiver's settings, from its environment."""

from collections.abc import Mapping
from typing import NamedTuple

from handlers.archiver import environment


class Settings(NamedTuple):
    """The settings of one deployment; `environment` explains the fields."""

    bucket: str
    events: list[str]


def read(environ: Mapping[str, str]) -> Settings:
    """Returns the settings from environment variables."""
    return Settings(environ[environment.BUCKET], environ[environment.EVENTS].split(","))
