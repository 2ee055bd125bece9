"""The reporter's settings, read from its environment variables and checked once a cold start."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from handlers.reporter import environment as names

_T = TypeVar("_T")

_PERSONAL = {names.RECIPIENTS, names.MAIL_ONLY_TO, names.MAIL_SENDER}


class SettingsError(ValueError):
    """An environment variable that is missing or malformed; the message names it and what it should be."""


@dataclass(frozen=True)
class Group:
    """The tables whose names start with `prefix`, counted together."""

    name: str
    prefix: str
    label: str
    totals_table: str


@dataclass(frozen=True)
class Settings:
    """What one deployment of the reporter does; see `environment` for each field's meaning."""

    groups: tuple[Group, ...]
    recipients: tuple[str, ...]
    name_attribute: str
    date_attribute: str
    bucket: str
    environment: str
    read_units: float
    items_per_table: int
    history_days: int
    mail_enabled: bool
    mail_only_to: tuple[str, ...]
    mail_sender: str
    mail_configuration_set: str


def from_environment(variables: Mapping[str, str]) -> Settings:
    """Reads the settings.

    Raises:
        SettingsError: a variable is missing or malformed.
    """

    def read(name: str, parse: Callable[[str], _T], shape: str) -> _T:
        if name not in variables:
            raise SettingsError(f"{name} is not set: it should be {shape}")
        try:
            return parse(variables[name])
        except (ValueError, TypeError) as error:
            shown = "not that" if name in _PERSONAL else repr(variables[name])
            raise SettingsError(f"{name} should be {shape}; it is {shown}") from error

    return Settings(
        groups=read(names.GROUPS, _groups, "a JSON list of {name, prefix, label, totals_table}"),
        recipients=read(names.RECIPIENTS, _strings, "a JSON list of addresses"),
        name_attribute=read(names.NAME_ATTRIBUTE, _filled, "an attribute's name"),
        date_attribute=read(names.DATE_ATTRIBUTE, _filled, "an attribute's name"),
        bucket=read(names.BUCKET, _filled, "a bucket's name"),
        environment=read(names.ENVIRONMENT, _filled, "the environment's name"),
        read_units=read(names.READ_UNITS, _at_least(1), "a whole number of 1 or more"),
        items_per_table=read(names.ITEMS_PER_TABLE, _at_least(0), "a whole number of 0 or more"),
        history_days=read(names.HISTORY_DAYS, _at_least(1), "a whole number of 1 or more"),
        mail_enabled=read(names.MAIL_ENABLED, ("false", "true").index, "true or false") == 1,
        mail_only_to=read(names.MAIL_ONLY_TO, _strings, "a JSON list of addresses and domains"),
        mail_sender=read(names.MAIL_SENDER, _filled, "an address"),
        mail_configuration_set=read(names.MAIL_CONFIGURATION_SET, _filled, "a configuration set's name"),
    )


def _groups(text: str) -> tuple[Group, ...]:
    return tuple(Group(**fields) for fields in _list(text))


def _strings(text: str) -> tuple[str, ...]:
    values = _list(text)
    if not all(isinstance(value, str) for value in values):
        raise TypeError("not only strings")
    return tuple(values)


def _list(text: str) -> list[Any]:
    value = json.loads(text)
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _at_least(lowest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if number < lowest:
            raise ValueError(f"below {lowest}")
        return number

    return parse
