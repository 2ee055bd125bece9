"""The notifier's settings, from its environment."""

import json
from collections.abc import Mapping
from os.path import dirname, join  # pathlib takes longer to load than most of this function
from typing import NamedTuple

from handlers.notifier import environment, rules
from handlers.notifier.decisions import Policy
from handlers.shared.recipients import OnlyTo
from handlers.shared.variables import flag

_ROOT = dirname(dirname(dirname(__file__)))
"""The folder that holds `handlers`."""


class Settings(NamedTuple):
    """The settings of one deployment; `environment` explains the fields."""

    policy: Policy
    sender: str
    reply_to: str
    configuration_set: str
    templates: dict[str, str]
    """Template -> its name in SES."""
    marks_table: str
    marks_days: int


def read(environ: Mapping[str, str]) -> Settings:
    """Returns the settings from environment variables."""
    return Settings(
        policy=Policy(
            rules=rules.parse(_text(join(_ROOT, environ[environment.RULES]))),
            only_to=OnlyTo(json.loads(environ[environment.ONLY_TO])),
            enabled=flag(environ[environment.MAIL_ENABLED]),
        ),
        sender=environ[environment.SENDER],
        reply_to=environ[environment.REPLY_TO],
        configuration_set=environ[environment.CONFIGURATION_SET],
        templates=json.loads(environ[environment.TEMPLATES]),
        marks_table=environ[environment.MARKS_TABLE],
        marks_days=int(environ[environment.MARKS_DAYS]),
    )


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
