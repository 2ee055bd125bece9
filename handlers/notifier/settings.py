"""The notifier's settings, from its environment."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from handlers.notifier import environment
from handlers.notifier.decisions import Rules
from handlers.shared.recipients import OnlyTo
from handlers.shared.variables import flag


class Settings(NamedTuple):
    """What the function does; see `environment` for each."""

    rules: Rules
    sender: str
    configuration_set: str
    templates: dict[str, str]
    """Template -> its name in SES."""
    marks_table: str
    marks_days: int


def read(environ: Mapping[str, str]) -> Settings:
    """Returns the settings that environment variables say."""
    return Settings(
        rules=Rules(
            watched=tuple(json.loads(environ[environment.WATCHED])),
            only_to=OnlyTo(json.loads(environ[environment.ONLY_TO])),
            enabled=flag(environ[environment.MAIL_ENABLED]),
        ),
        sender=environ[environment.SENDER],
        configuration_set=environ[environment.CONFIGURATION_SET],
        templates={
            environment.WELCOME: environ[environment.WELCOME_TEMPLATE],
            environment.PROFILE_CHANGED: environ[environment.PROFILE_CHANGED_TEMPLATE],
        },
        marks_table=environ[environment.MARKS_TABLE],
        marks_days=int(environ[environment.MARKS_DAYS]),
    )
